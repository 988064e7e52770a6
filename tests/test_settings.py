from pathlib import Path

import pytest

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.settings import Settings, asset_root


def test_settings_come_from_the_environment_they_are_given(tmp_path: Path):
    settings = Settings.load({"MEPG_HOME": str(tmp_path), "MEPG_THREADS": "2", "MEPG_DEVICE": "cpu"})
    assert (settings.home, settings.threads, settings.device) == (tmp_path, 2, "cpu")
    assert settings.experts[-1] == tmp_path / "experts"


def test_the_chat_models_server_and_patience_come_from_the_environment(tmp_path: Path):
    given = {"MEPG_HOME": str(tmp_path), "MEPG_CHAT_URL": "http://localhost:8000/v1", "MEPG_CHAT_TIMEOUT": "5"}
    settings = Settings.load(given)
    assert (settings.chat_url, settings.chat_timeout) == ("http://localhost:8000/v1", 5)


def test_an_empty_variable_is_an_unset_one(tmp_path: Path):
    settings = Settings.load({"MEPG_HOME": str(tmp_path), "MEPG_THREADS": "", "MEPG_DEVICE": ""})
    assert settings == Settings.load({"MEPG_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEPG_THREADS", "many"),
        ("MEPG_THREADS", "0"),
        ("MEPG_DEVICE", "toaster"),
        ("MEPG_CHAT_URL", "localhost:8000"),
        ("MEPG_CHAT_TIMEOUT", "0"),
    ],
)
def test_a_bad_variable_is_named(tmp_path: Path, name: str, value: str):
    with pytest.raises(BadInput, match=f"{name}={value}"):
        Settings.load({"MEPG_HOME": str(tmp_path), name: value})


def test_assets_inside_the_package_come_before_those_beside_it(tmp_path: Path):
    package = tmp_path / "mepg_agent"
    for root in (package / "_assets", tmp_path):
        (root / "experts").mkdir(parents=True)
        (root / "prompts").mkdir()
    assert asset_root(package) == package / "_assets"
    (package / "_assets" / "prompts").rmdir()
    assert asset_root(package) == tmp_path


def test_a_package_without_assets_is_a_broken_installation(tmp_path: Path):
    with pytest.raises(BrokenAsset, match="without its experts and prompts"):
        asset_root(tmp_path / "mepg_agent")


def test_a_home_of_somebody_unknown_is_a_sentence():
    with pytest.raises(BadInput, match="Nobody knows where ~nobody-here/pictures is"):
        Settings.load({"MEPG_HOME": "~nobody-here/pictures"})


def test_a_home_that_no_disk_can_have_or_below_a_folder_that_went_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with pytest.raises(BadInput, match=r"File name too long.* Set MEPG_HOME"):
        Settings.load({"MEPG_HOME": str(tmp_path / ("x" * 300))})
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(BadInput, match="Nobody knows where pictures is"):
        Settings.load({"MEPG_HOME": "pictures"})


def test_a_home_is_an_absolute_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    assert Settings.load({"MEPG_HOME": "pictures"}).home == tmp_path / "pictures"

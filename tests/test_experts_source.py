"""Experts from folders and from a hub: what is fetched is what was asked for, and a hub that is not there is told."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from engine_fixtures import as_adapter, build_unet, save_adapter, save_pipeline
from experts_fixtures import install_family, mend, peft_folder
from huggingface_hub import constants
from safetensors.torch import save_file
from test_cli import mepg

from mepg_agent.errors import BadInput, Transient
from mepg_agent.experts_io import source
from mepg_agent.experts_io.check import check
from mepg_agent.experts_io.install import add
from mepg_agent.experts_io.source import fetch
from mepg_agent.portfolio import read_expert
from mepg_agent.settings import Settings

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CARD = (
    'id = "woodcut"\ntitle = "Woodcut"\nbase = "tiny"\ndescription = "Bold."\ntriggers = ["woodcut", "linocut"]\n'
    'scale = 0.7\nstart = 0.3\nsketched = 0.8\nlicence = "MIT"\nsha256 = "{}"\n'
)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pipeline(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(save_adapter(tmp_path_factory.mktemp("lora"), build_unet(), 1, ("to_q",)).path)


@pytest.fixture
def tiny(home: Path, pipeline: Path, tmp_path: Path) -> Settings:
    install_family(home / "experts", str(pipeline))
    return Settings(home=home, experts=(home / "experts",), prompts=tmp_path)


@pytest.fixture
def folder(tmp_path: Path, lora: Path) -> Path:
    """As the person's own experts are kept: a manifest and its weights."""
    made = tmp_path / "made"
    made.mkdir()
    shutil.copy(lora, made / "adapter.safetensors")
    (made / "expert.toml").write_text(CARD.format(as_adapter(lora, "x").sha256))
    return made


class Hub:
    """A hub on this machine with one public repository, "someone/styles", of the files in `folder`."""

    def __init__(self, folder: Path) -> None:
        hub = self
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer(body=False)

            def do_GET(self) -> None:
                self._answer(body=True)

            def _answer(self, body: bool) -> None:
                hub.asked.append(self.path)
                path, _, _ = self.path.partition("?")
                if path in ("/api/models/someone/styles", "/api/models/someone/styles/revision/v2"):
                    names = [{"rfilename": f.name, "size": f.stat().st_size} for f in sorted(folder.iterdir())]
                    info = {"id": "someone/styles", "sha": COMMIT, "siblings": names}
                    return self._send(200, json.dumps(info).encode(), {"Content-Type": "application/json"}, body)
                name = path.removeprefix(f"/someone/styles/resolve/{COMMIT}/")
                if name != path and (folder / name).is_file():
                    data = (folder / name).read_bytes()
                    return self._send(200, data, {"ETag": f'"{hash(name)}"', "X-Repo-Commit": COMMIT}, body)
                wrong = "GatedRepo" if "/closed" in path else "RepoNotFound"
                return self._send(403 if "/closed" in path else 404, b"{}", {"X-Error-Code": wrong}, body)

            def _send(self, code: int, data: bytes, headers: dict[str, str], body: bool) -> None:
                self.send_response(code)
                for key, value in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(key, value)
                self.end_headers()
                if body:
                    self.wfile.write(data)

            def log_message(self, format: str, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    (folder / "README.md").write_text("# Styles")
    (folder / "pytorch_lora_weights.bin").write_bytes(b"\x80\x02")
    served = Hub(folder)
    thread = threading.Thread(target=served.server.serve_forever)
    thread.start()
    plain = source.fetch
    monkeypatch.setattr(source, "fetch", lambda *wishes: plain(*wishes, endpoint=served.url))
    yield served
    served.server.shutdown()
    served.server.server_close()
    thread.join()


def test_a_folder_is_added_with_what_its_manifest_says(tiny: Settings, folder: Path) -> None:
    found = add(tiny, folder).item
    assert (found.id, found.base, found.triggers) == ("woodcut", "tiny", ("woodcut", "linocut"))
    assert (found.scale, found.start, found.sketched, found.licence) == (0.7, 0.3, 0.8, "MIT")
    other = add(tiny, folder, expert_id="other", triggers=("mine",), scale=1.0).item
    assert (other.id, other.triggers, other.scale, other.start) == ("other", ("mine",), 1.0, 0.3)
    assert [h.problem for h in check(tiny)] == [None, None]


def test_a_manifest_speaks_for_its_own_weights_and_not_for_others_beside_them(
    tiny: Settings, folder: Path, tmp_path: Path
) -> None:
    shutil.copy(save_adapter(tmp_path, build_unet(), 2, ("to_k",)).path, folder / "second.safetensors")
    other = add(tiny, folder, base="tiny", file="second.safetensors").item
    assert (other.id, other.scale) == ("second", 1.0)
    assert add(tiny, folder, file="adapter.safetensors").item.id == "woodcut"


def test_a_folder_of_pefts_needs_no_manifest(tiny: Settings, lora: Path, tmp_path: Path) -> None:
    file = peft_folder(lora, tmp_path / "peft", alpha=6)
    assert add(tiny, file.parent, base="tiny").item.id == "adapter-model"


def test_a_whole_checkpoint_is_added_by_its_manifest(tiny: Settings, folder: Path) -> None:
    state = {k: v.clone() for k, v in build_unet().state_dict().items()}
    save_file(state, folder / "adapter.safetensors")
    mend(folder, kind="checkpoint", sha256=as_adapter(folder / "adapter.safetensors", "x").sha256)
    assert add(tiny, folder).item.kind == "checkpoint" and [h.problem for h in check(tiny)] == [None]
    state.pop("conv_in.bias")
    save_file(state, folder / "adapter.safetensors")
    mend(folder, sha256=as_adapter(folder / "adapter.safetensors", "x").sha256)
    with pytest.raises(BadInput, match=r"it lacks conv_in\.bias"):
        add(tiny, folder, expert_id="cut")


def test_a_folder_that_holds_no_one_adapter_is_refused(
    tiny: Settings, folder: Path, lora: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="made for tiny; you asked for picturebook"):
        add(tiny, folder, base="picturebook")
    mend(folder, sha256="0" * 64)
    with pytest.raises(BadInput, match="sha256 differs"):
        add(tiny, folder)
    mend(folder, file="../x.safetensors")
    with pytest.raises(BadInput, match="outside its folder"):
        add(tiny, folder)
    (folder / "expert.toml").write_text("colour = 1")
    with pytest.raises(BadInput, match=r"expert\.toml"):
        add(tiny, folder)
    (folder / "expert.toml").unlink()
    shutil.copy(lora, folder / "second.safetensors")
    with pytest.raises(BadInput, match=r"several adapters: adapter\.safetensors, second\.safetensors"):
        add(tiny, folder, base="tiny")
    with pytest.raises(BadInput, match=r"has no third\.safetensors.*It has"):
        add(tiny, folder, base="tiny", file="third.safetensors")
    assert add(tiny, folder, base="tiny", file="second.safetensors").item.id == "second"
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(BadInput, match="only pickles"):
        add(tiny, tmp_path / "pickled")


def test_a_hub_id_is_fetched_when_it_is_asked_for_and_nothing_else_of_it(tiny: Settings, hub: Hub) -> None:
    found = add(tiny, "someone/styles", revision="v2")
    assert (found.item.id, found.item.scale) == ("woodcut", 0.7)
    assert [h.problem for h in check(tiny)] == [None]
    fetched = {path.rsplit("/", 1)[1] for path in hub.asked if "/resolve/" in path}
    assert fetched == {"expert.toml", "adapter.safetensors"}
    assert any("/revision/v2" in path for path in hub.asked)


def test_what_a_hub_lacks_or_keeps_closed_is_one_sentence(tiny: Settings, hub: Hub, folder: Path) -> None:
    with pytest.raises(BadInput, match=r"the hub has no someone/nothing\."):
        add(tiny, "someone/nothing")
    with pytest.raises(BadInput, match="only to those who asked"):
        add(tiny, "closed/styles")
    with pytest.raises(BadInput, match=r"has no other\.safetensors.*It has adapter\.safetensors"):
        add(tiny, "someone/styles", file="other.safetensors")
    (folder / "adapter.safetensors").unlink()
    (folder / "expert.toml").unlink()
    with pytest.raises(BadInput, match="only pickles"):
        add(tiny, "someone/styles")


def test_a_large_file_of_a_hub_is_not_fetched(tiny: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LIMIT", 1000)
    with pytest.raises(BadInput, match="is larger than"):
        add(tiny, "someone/styles")
    assert not any(path.endswith("/adapter.safetensors") for path in hub.asked)


def test_without_a_hub_one_sentence_says_so(tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Transient, match=r"cannot be asked for someone/styles.*add it by its path") as caught:
        fetch("someone/styles", tmp_path, None, None, endpoint="http://127.0.0.1:9")
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    said = mepg("experts", "add", "someone/styles")
    assert (said.code, said.out) == (1, "") and "cannot be asked for" in said.err and "Traceback" not in said.err


@pytest.mark.parametrize("name", ["a--b/c", "owner/name.git", "owner/-x", "owner/x.."])
def test_a_name_that_no_hub_has_is_one_sentence(tiny: Settings, name: str) -> None:
    with pytest.raises(BadInput, match="There is no file or folder") as caught:
        add(tiny, name)
    assert name in str(caught.value)


def test_the_phrases_of_a_manifest_stay_as_they_are_written(tiny: Settings, folder: Path) -> None:
    phrases = ["ink, on paper", "long " * 20 + "phrase", *(f"phrase {number}" for number in range(9))]
    manifest = (folder / "expert.toml").read_text()
    (folder / "expert.toml").write_text(manifest.replace('["woodcut", "linocut"]', json.dumps(phrases)))
    assert add(tiny, folder).item.triggers == tuple(phrases)
    (folder / "expert.toml").write_text(
        manifest.replace('["woodcut", "linocut"]', r'["\u001b[2Jwood\u007f", "\u0007"]')
    )
    found = add(tiny, folder, expert_id="obeyed")
    assert found.item.triggers == ("[2Jwood",) and read_expert(found.folder / "expert.toml") == found.item


@pytest.mark.parametrize("name", ["nowhere.safetensors", "no/where.safetensors", "a/b/c", "../x", "model.ckpt", "/x/y"])
def test_a_path_that_is_not_there_is_never_looked_for_on_a_hub(
    tiny: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(source, "fetch", None)
    with pytest.raises(BadInput):
        add(tiny, name)

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.batch import Item, Outcome, make_items, run_batch
from mepg_agent.batch_report import preview_of, write_report
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.records import Brief
from mepg_agent.report import Entry, Preview, report_html
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

HOSTILE = "<script>alert(1)</script>\"><img src=https://evil.example/x onerror='alert(2)'> &amp; </p></article>"
VOID = {"meta", "img"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "main", "article", "div", "span", "p", "a"} | {
    *(
        "h1",
        "h2",
        "img",
        "dl",
        "dt",
        "dd",
        "ul",
        "li",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    )
}


class Page(HTMLParser):
    """Reads a page as a browser would and refuses one that is not balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def harmless(page: Page) -> bool:
    """Nothing runs, and nothing is asked from anywhere."""
    return (
        {tag for tag, _ in page.tags} <= ALLOWED
        and not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
        and all(source.startswith("data:image/jpeg;base64,") for source in page.attributes("src"))
        and all(link.startswith("#item-") or ":" not in link for link in page.attributes("href"))
    )


def drawn(
    settings: Settings, items: list[Item], folder: Path, scores: Mapping[str, tuple[float, ...]] | None = None
) -> tuple[dict[str, Outcome], Page]:
    """Outcomes of the items and the page about them, which lies beside the folder."""
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier(dict(scores or {}))) as agent:
        outcomes = {item.id: what for item, what in run_batch(agent, items, folder) if isinstance(what, Outcome)}
        write_report(folder.parent / "report.html", items, outcomes, folder, agent.store)
    return outcomes, Page((folder.parent / "report.html").read_text(encoding="utf-8"))


def items_of(*prompts: str) -> list[Item]:
    return make_items((None, Brief(prompt=prompt, steps=2)) for prompt in prompts)


def test_the_page_shows_every_item_and_the_totals(settings: Settings, tmp_path: Path):
    items = items_of("a red fox", "a dog on a meadow", "zorblax")
    outcomes, page = drawn(settings, items, tmp_path / "my pictures", {"dog": (0.1,)})
    assert harmless(page)
    for words in ("my pictures: 3 pictures", "a red fox", "a dog on a meadow", "best effort", "present", "crop 0"):
        assert words in page.text
    assert "Not accepted: a-dog-on-a-meadow (best effort), zorblax (failed)" in page.text
    assert outcomes["zorblax"].error and outcomes["zorblax"].error in page.text
    assert {"my%20pictures/a-red-fox.png", "#item-2", "#item-3"} <= set(page.attributes("href"))
    assert "my%20pictures/zorblax.png" not in page.attributes("href")
    for node in ("plan", "critique", "generate", "verify"):
        assert node in page.words
    assert f"session {outcomes['a-red-fox'].session}" in page.text
    links = [link.replace("%20", " ") for link in page.attributes("href") if link.endswith(".png")]
    assert all((tmp_path / link).is_file() for link in links) and len(links) == 2


def test_a_repair_shows_what_was_drawn_on_the_way_and_which_was_kept(settings: Settings, tmp_path: Path):
    _, page = drawn(settings, items_of("a red fox"), tmp_path / "out", {"fox": (0.1, 0.2, 0.9)})
    assert "Drawn on the way: 4" in page.text
    assert page.words.count("the whole picture") == 1 and page.words.count("repair 1") == 3
    assert page.words.count("kept") == 1
    assert page.text.index("kept") > page.text.index("repair 1")
    assert len(page.attributes("src")) == 1 + 4


def test_without_a_repair_there_is_no_history(settings: Settings, tmp_path: Path):
    _, page = drawn(settings, items_of("a red fox"), tmp_path / "out")
    assert "Drawn on the way" not in page.text
    assert len(page.attributes("src")) == 1


def test_words_of_a_prompt_never_become_part_of_the_page(settings: Settings, tmp_path: Path):
    items = make_items([(HOSTILE, Brief(prompt=f"a red fox {HOSTILE}", steps=2))])
    _, page = drawn(settings, items, tmp_path / "out")
    assert harmless(page)
    assert f"a red fox {HOSTILE}" in page.text
    assert f"a red fox {HOSTILE}" in page.attributes("alt")


def test_words_of_the_evidence_and_of_errors_never_become_part_of_the_page(settings: Settings, three_things: ScenePlan):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        result = agent.draw(three_things.prompt, plan=three_things, steps=1)
    finding = result.verdict.findings[0].model_copy(update={"evidence": HOSTILE})
    verdict = result.verdict.model_copy(update={"findings": (finding,)})
    hostile = result.model_copy(update={"verdict": verdict, "notes": (HOSTILE,), "seconds": {HOSTILE: 1.0}})
    html = report_html([Entry("a", HOSTILE, "accepted", result=hostile, link="javascript:alert(1)")], HOSTILE)
    page = Page(html)
    assert harmless(page)
    assert page.text.count(HOSTILE) == 6  # title, heading, prompt, evidence, note, node
    assert Page(report_html([Entry("a", "b", "failed", error=HOSTILE)], "")).text.count(HOSTILE) == 1


@given(st.text(), st.text(), st.sampled_from(["accepted", "best_effort", "failed", "unfinished"]))
def test_any_words_give_a_balanced_page_that_can_be_written(words: str, link: str, status: str):
    entry = Entry(words, words, status, link=link, preview=Preview(b"jpeg", 4, 3), error=words)
    html = report_html([entry, Entry("b", "", "accepted")], words)
    assert harmless(Page(html))
    assert html.encode().startswith(b"<!doctype html>")


def test_the_page_forbids_scripts_and_requests_and_follows_the_light(settings: Settings):
    html = report_html([], "nothing")
    [policy] = [a["content"] for tag, a in Page(html).tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:;") and "script" not in policy
    assert "prefers-color-scheme: dark" in html
    assert "http:" not in html and "https:" not in html and "url(" not in html


def test_the_same_entries_give_the_same_page():
    entries = [Entry("a", "b", "unfinished"), Entry("c", "d", "failed", error="e")]
    assert report_html(entries, "t") == report_html(list(entries), "t")


def test_a_picture_or_a_session_that_was_removed_leaves_a_page_with_the_rest(settings: Settings, tmp_path: Path):
    items = items_of("a red fox", "a dog")
    outcomes, _ = drawn(settings, items, tmp_path / "out")
    (tmp_path / "out" / "a-dog.png").unlink()
    with Agent(settings.model_copy(update={"home": tmp_path / "other home"}), engine=FakeEngine()) as agent:
        write_report(tmp_path / "page.html", items, outcomes, tmp_path / "out", agent.store)
    page = Page((tmp_path / "page.html").read_text())
    assert len(page.attributes("src")) == 1 and "no picture" in page.text
    assert page.text.count("accepted") >= 2


def test_an_item_that_was_not_reached_is_not_finished(settings: Settings, tmp_path: Path):
    with Agent(settings, engine=FakeEngine()) as agent:
        write_report(tmp_path / "page.html", items_of("a red fox"), {}, tmp_path, agent.store)
    assert "not finished" in Page((tmp_path / "page.html").read_text()).text


@pytest.mark.parametrize(("size", "shown"), [((640, 320), (320, 160)), ((64, 100), (64, 100))])
def test_a_preview_is_small_and_keeps_its_shape(size: tuple[int, int], shown: tuple[int, int], tmp_path: Path):
    Image.new("RGB", size, "red").save(tmp_path / "red.png")
    preview = preview_of(tmp_path / "red.png", 320)
    assert preview is not None and (preview.width, preview.height) == shown
    with Image.open(BytesIO(preview.jpeg), formats=["JPEG"]) as image:
        assert image.size == shown
    assert preview_of(tmp_path / "missing.png", 320) is None


def test_what_is_no_picture_has_no_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "fox.png").write_bytes(b"GIF89a")
    assert preview_of(tmp_path / "fox.png", 320) is None
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.new("1", (64, 64)).save(tmp_path / "huge.png")
    assert preview_of(tmp_path / "huge.png", 320) is None


def test_figures_of_the_totals_are_those_of_the_results(settings: Settings, three_things: ScenePlan):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier({"fox": (0.1, 0.9)})) as agent:
        results: list[Result] = [agent.draw(three_things.prompt, plan=three_things, steps=s) for s in (10, 20)]
    page = Page(report_html([Entry(str(n), "", r.status, result=r) for n, r in enumerate(results)], "t"))
    figures = dict(pairwise(page.words))
    assert figures["pictures"] == "2"
    assert figures["repairs"] == str(sum(result.rounds for result in results))
    assert figures["denoiser calls"] == f"{sum(result.calls for result in results):g}"

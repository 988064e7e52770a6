"""The page of a batch: gathers what the folder and the sessions know, and writes it beside the pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from mepg_agent.batch import FIRST, Item, Outcome, picture_file, write_whole
from mepg_agent.errors import MepgError
from mepg_agent.report import Entry, Preview, report_html
from mepg_agent.session import Result, SessionStore

SIDE, SMALL_SIDE = 320, 96  # pixels of previews, at most
QUALITY = 85


def write_report(
    page: Path, items: Sequence[Item], outcomes: Mapping[str, Outcome], folder: Path, store: SessionStore
) -> None:
    """Writes `page` about `items`, whose pictures lie in `folder`; `outcomes` by id. Raises BrokenAsset."""
    entries = [_entry(item, outcomes.get(item.id), folder, page, store) for item in items]
    title = f"{folder.absolute().name}: {len(items)} picture{'s' if len(items) != 1 else ''}"
    write_whole(page, report_html(entries, title).encode())


def _entry(item: Item, outcome: Outcome | None, folder: Path, page: Path, store: SessionStore) -> Entry:
    if outcome is None:
        return Entry(item.id, item.brief.prompt, "unfinished")
    if outcome.status == "failed":
        return Entry(item.id, item.brief.prompt, "failed", error=outcome.error)
    picture = picture_file(folder, item)
    link = Path(os.path.relpath(picture.absolute(), page.absolute().parent)).as_posix()
    result = _result(outcome, store)
    renders = result.renders if result is not None and len(result.renders) > 1 else ()
    return Entry(
        item.id,
        item.brief.prompt,
        outcome.status,
        link=link,
        preview=preview_of(picture, SIDE),
        result=result,
        on_the_way=[preview_of(store.picture_path(render.picture), SMALL_SIDE) for render in renders],
    )


def _result(outcome: Outcome, store: SessionStore) -> Result | None:
    """None for a session that was removed since: the page then shows the picture alone."""
    try:
        return store.result(outcome.session, FIRST) if outcome.session is not None else None
    except MepgError:
        return None


def preview_of(picture: Path, side: int) -> Preview | None:
    """A JPEG of at most `side` pixels a side; None for a file that is no longer there or no picture."""
    buffer = BytesIO()
    try:
        with Image.open(picture, formats=["PNG"]) as image:
            small = image.convert("RGB")
            small.thumbnail((side, side))
            small.save(buffer, "JPEG", quality=QUALITY)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return Preview(buffer.getvalue(), *small.size)

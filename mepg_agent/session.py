"""What is kept on disk: beside the pictures one folder a session. Every file is written whole or not at all.

    home/sessions/fox-castle-3f9a/{brief,result,failure}.json, once it was edited {history,edit}.json, endings.json, and
                                  preview.png while it is drawn
    home/locks/fox-castle-3f9a.lock, held by whoever works on the session

`result.json` is the picture as it was first drawn; `history.json` holds every version, that one too, and counts alone
where it is; `edit.json` is the change under way, `endings.json` drawings that somebody stopped or that failed.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Annotated, Literal

from PIL import Image
from pydantic import Field

from mepg_agent.engine.base import Pixels
from mepg_agent.errors import BadInput, BrokenAsset, InUse, MepgError
from mepg_agent.files import alone, part_beside, remove, whole
from mepg_agent.history import Edit, History, Version
from mepg_agent.pictures import AGAIN, Pictures, parse, read, validate, writing
from mepg_agent.records import Attempt, Brief, Finding, Remark, Render, Status, Verdict
from mepg_agent.scene import Frozen, ScenePlan

SESSION_ID = re.compile(r"(?=.{6,100}$)[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{4,}")
PREVIEW_SIDE = 384  # pixels; a preview is shown, never used
NO_EDITS = f"{AGAIN[:-1]}; the edits of the session are lost with it."  # what it costs to remove a history.json
ENDINGS = 20  # of one session; those before them are forgotten
SMALL_WORDS = re.compile(r"an?|the|of|on|in|at|by|to|and|with|left|right|above|below|next|near|under|behind")


class Result(Frozen):
    """A finished session. `accepted` means that every check passed and no thing was left out for want of a word;
    `best_effort` never does."""

    session: str
    status: Status
    brief: Brief
    plan: ScenePlan
    render: Render  # the picture that was kept
    verdict: Verdict  # of that picture
    rounds: Annotated[int, Field(ge=0)]  # of repair
    renders: tuple[Render, ...]  # everything drawn on the way, in order
    attempts: tuple[Attempt, ...] = ()  # every repair, with its reason, its cost and what came of it
    remarks: tuple[Remark, ...] = ()
    notes: tuple[str, ...] = ()  # why which expert, what was not understood, what was tried instead
    seconds: dict[str, float] = Field(default_factory=dict)  # by graph node
    image: Path  # of the picture
    version: Annotated[int, Field(ge=1)] = 1  # of the session

    @property
    def calls(self) -> float:
        """Denoiser calls of everything drawn on the way."""
        return round(sum(render.calls for render in self.renders), 2)

    def crop(self, finding: Finding) -> Path | None:
        """The part of the picture that a finding is about."""
        name = finding.crop
        return None if name is None else self.image.parents[1] / name[:2] / f"{name}{self.image.suffix}"


class Summary(Frozen):
    """A line of the list of sessions. `status` is None while one is unfinished: it can be resumed. Of one whose records
    cannot be read, "damaged", hardly more than the name is known."""

    session: str
    prompt: str
    status: Status | Literal["damaged"] | None
    image: Path | None = None
    versions: int = 0
    edit: str | None = None  # the instruction of a change that is not finished: it can be resumed


class Ending(Frozen):
    """How a drawing ended that gave no picture."""

    version: int  # that it would have become
    at: int  # milliseconds of the epoch
    error: str | None = None  # None: somebody stopped it


class Endings(Frozen):
    endings: tuple[Ending, ...] = ()  # in order


class SessionStore(Pictures):
    """Pictures and sessions below one folder. Safe to share between threads and processes; whoever changes a session
    holds it meanwhile."""

    def __init__(self, home: Path) -> None:
        """Makes `home` where needed. Raises BrokenAsset if it cannot be written."""
        super().__init__(home)
        with writing(home):
            for part in ("sessions", "locks"):
                (home / part).mkdir(exist_ok=True)

    def begin(self, brief: Brief) -> str:
        """Opens a session and returns its id: "fox-castle-3f9a"."""
        session = self.claim(brief)
        self.open(session, brief)
        return session

    def open(self, session: str, brief: Brief, history: History | None = None) -> None:
        """One that was claimed, with the history that it has already. Raises BrokenAsset if it cannot be written."""
        self._write(self._folder(session) / "brief.json", brief.model_dump_json(indent=1).encode())
        if history is not None:
            self._write_history(session, history)

    def claim(self, brief: Brief, name: str = "") -> str:
        """The folder of a session that is not open yet: this name, or where that is taken or none, one that no session
        has. From now on collecting spares what is new. Raises BrokenAsset if it cannot be made."""
        with writing(self.home), suppress(BadInput, FileExistsError):
            self._folder(name).mkdir()
            return name
        length = 2
        while True:
            session = f"{_stem(brief.prompt)}-{secrets.token_hex(length)}"
            with writing(self.home):
                try:
                    (self.home / "sessions" / session).mkdir()
                    return session
                except FileExistsError:
                    length += 1

    @contextmanager
    def held(self, session: str) -> Iterator[None]:
        """One thread of one process works on a session at a time. Raises InUse, at once, while another one does,
        BadInput if there is no such session, BrokenAsset if the home cannot be written."""
        self._there(session)
        busy = InUse(
            f"The session '{session}' is being worked on elsewhere.", "Wait until that is finished, or stop it there."
        )
        with ExitStack() as stack:
            with writing(self.home):
                stack.enter_context(alone(self.lock_of(session), busy))
            self._there(session)  # whoever held it before may have deleted it
            yield

    def lock_of(self, session: str) -> Path:
        return self.home / "locks" / f"{session}.lock"

    def brief(self, session: str) -> Brief:
        """Raises BadInput if there is no such session, BrokenAsset for one that lost its brief."""
        file = self._folder(session) / "brief.json"
        advice = f"Restore it from a copy; `mepg sessions delete {session}` gives up the session with all its versions."
        brief = read(file, Brief, advice)
        if brief is None:
            self._there(session)
            raise BrokenAsset(f"{file} is missing.", advice)
        return brief

    def _there(self, session: str) -> None:
        """Raises BadInput if there is no such session, be it a damaged one."""
        if not is_session(self._folder(session)):
            raise BadInput(f"There is no session '{session}'.", "`mepg sessions` lists them.")

    def put_result(self, result: Result, edit: Edit | None = None) -> None:
        """Keeps a finished picture: the first of its session, or the version that `edit` led to, which is shown from
        then on. Doing it twice changes nothing."""
        if edit is not None:
            self._finish(result, edit)
        else:
            data = result.model_dump_json(exclude={"image"}, indent=1)
            self._write(self._folder(result.session) / "result.json", data.encode())
        with writing(self.home):
            for stale in ("preview.png", "failure.json"):
                remove(self._folder(result.session) / stale)

    def result(self, session: str, version: int | None = None) -> Result | None:
        """Of the version that is shown, or of another one; None while the first is unfinished.

        Raises BadInput if there is no such session or version.
        """
        history = self.history(session)
        if history is None:
            return None
        found = history.version(version)
        fields = {name: value for name, value in found if name in Result.model_fields}
        image = self.picture_path(found.render.picture)
        return Result(session=session, brief=self.brief(session), image=image, version=found.number, **fields)

    def history(self, session: str) -> History | None:
        """All versions; None while the first is unfinished. Raises BadInput if there is no such session."""
        self.brief(session)
        history = read(self._folder(session) / "history.json", History, NO_EDITS)
        file = self._folder(session) / "result.json"
        if history is not None or (first := parse(file)) is None:
            return history
        known = {"number": 1, **{k: v for k, v in first.items() if k in Version.model_fields}}
        return History(versions=(validate(file, Version, known),))

    def put_history(self, session: str, history: History) -> None:
        """Raises BadInput while an edit is under way: only that one may change the history then."""
        if (self._folder(session) / "edit.json").exists():
            raise self._busy(session)
        self._write_history(session, history)

    def _write_history(self, session: str, history: History) -> None:
        self._write(self._folder(session) / "history.json", history.model_dump_json(indent=1).encode())

    def forget(self, session: str) -> None:
        """Removes the session, its history and its edit; pictures stay until they are collected. Raises BadInput if
        there is no such session."""
        self._there(session)
        gone = part_beside(self._folder(session))
        with writing(self.home):
            self._folder(session).rename(gone)  # at once; what is below may take a while
            remove(gone)
            self.lock_of(session).unlink(missing_ok=True)

    def begin_edit(self, session: str, edit: Edit) -> None:
        """Notes a change before it is drawn. Raises BadInput while another one is under way."""
        file = self._folder(session) / "edit.json"
        with writing(self.home):
            try:
                with whole(file, new=True) as stream:
                    stream.write(edit.model_dump_json(indent=1).encode())
            except FileExistsError as error:
                raise self._busy(session) from error

    def edit(self, session: str) -> Edit | None:
        """The change under way."""
        return read(self._folder(session) / "edit.json", Edit, undo_drops(session))

    def drop_edit(self, session: str) -> None:
        """Forgets the change under way; the picture stays as it is."""
        with writing(self.home):
            remove(self._folder(session) / "edit.json")

    def put_failure(self, session: str, error: MepgError) -> None:
        """Notes why the session failed. It can still be resumed, once that is mended."""
        words = json.dumps({"message": error.message, "advice": error.advice}, indent=1)
        with suppress(BrokenAsset):  # the disk may be what failed
            self._write(self._folder(session) / "failure.json", words.encode())

    def failure(self, session: str) -> tuple[str, str] | None:
        """Why the session failed, and what to do about it; None where it did not, or nobody can tell."""
        found = None
        with suppress(BrokenAsset):
            found = parse(self._folder(session) / "failure.json")
        return None if found is None else (str(found.get("message", "")), str(found.get("advice", "")))

    def put_ending(self, session: str, ending: Ending) -> None:
        """Raises BadInput if there is no such session, BrokenAsset if it cannot be written."""
        kept = (*self._endings(session), ending)[-ENDINGS:]
        self._write(self._folder(session) / "endings.json", Endings(endings=kept).model_dump_json(indent=1).encode())

    def ending(self, session: str, version: int, since: int) -> Ending | None:
        """The first one of the version since then (milliseconds of the epoch). Raises BadInput as `put_ending`."""
        return next((e for e in self._endings(session) if e.version == version and e.at >= since), None)

    def _endings(self, session: str) -> tuple[Ending, ...]:
        self.brief(session)
        found = read(self._folder(session) / "endings.json", Endings, "Remove it: no picture is lost with it.")
        return found.endings if found is not None else ()

    def sessions(self, damaged: bool = False) -> tuple[Summary, ...]:
        """Last touched first; those whose records cannot be read only where `damaged` ones are asked for."""
        found = []
        for folder in (self.home / "sessions").iterdir():
            with suppress(BadInput, FileNotFoundError):  # not open yet, or forgotten at this moment
                found.append((folder.stat().st_mtime_ns, folder.name, self._summary(folder.name)))
        summaries = (summary for _, _, summary in sorted(found, key=lambda f: f[:2], reverse=True))
        return tuple(summary for summary in summaries if damaged or summary.status != "damaged")

    def put_preview(self, session: str, image: Pixels) -> Path:
        """A small picture of an unfinished render, put in place of the one before."""
        small = Image.fromarray(image, "RGB")
        small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
        buffer = BytesIO()
        small.save(buffer, "PNG")
        file = self._folder(session) / "preview.png"
        self._write(file, buffer.getvalue())
        return file

    def _finish(self, result: Result, edit: Edit) -> None:
        """History first, then the edit goes: a crash in between leaves an edit whose version is there already."""
        history = self.history(result.session)
        assert history is not None, "an edit has a picture to start from"
        if edit.number > len(history.versions):
            fields = {name: value for name, value in result if name in Version.model_fields}
            version = Version(number=edit.number, parent=edit.parent, instruction=edit.instruction, **fields)
            self._write_history(result.session, history.grown(version))
        self.drop_edit(result.session)

    def _summary(self, session: str) -> Summary:
        try:
            return self._read_summary(session)
        except BrokenAsset:  # one that cannot be read does not hide the others
            prompt = ""
            with suppress(BrokenAsset):
                prompt = self.brief(session).prompt
            return Summary(session=session, prompt=prompt, status="damaged")

    def _read_summary(self, session: str) -> Summary:
        history, pending = self.history(session), self.edit(session)
        head = history.version() if history else None
        failed = (self._folder(session) / "failure.json").is_file()
        return Summary(
            session=session,
            prompt=self.brief(session).prompt,
            status=head.status if head else "failed" if failed else None,
            image=self.picture_path(head.render.picture) if head else None,
            versions=len(history.versions) if history else 0,
            edit=pending.instruction if pending else None,
        )

    def _busy(self, session: str) -> BadInput:
        noted = parse(self._folder(session) / "edit.json", undo_drops(session)) or {}
        return BadInput(
            f"An edit of this picture is not finished: '{str(noted.get('instruction', ''))[:80]}'.",
            "Resume it, or undo to drop it.",
        )

    def _folder(self, session: str) -> Path:
        if not SESSION_ID.fullmatch(session):
            raise BadInput(f"'{session[:60]}' is not a session.", "A session is named like fox-castle-3f9a.")
        return self.home / "sessions" / session


def is_session(folder: Path) -> bool:
    """Whether it was opened. One that lost its brief still has its versions."""
    return any((folder / name).exists() for name in ("brief.json", "history.json", "result.json"))


def undo_drops(session: str) -> str:
    """What to do about a change under way that is damaged."""
    return f"`mepg sessions undo {session}` drops the edit; the picture stays."


def _stem(prompt: str) -> str:
    """Two telling words of the prompt."""
    words = [w for w in re.findall(r"[a-z]{2,16}", prompt.lower()) if not SMALL_WORDS.fullmatch(w)]
    return "-".join(dict.fromkeys(words[:2])) or "picture"

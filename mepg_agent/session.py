"""What is kept on disk: pictures and latents under the hash of their content, renders under the hash of their job,
one folder a session. Every file is written whole or not at all.

    home/pictures/3f/3f9a….png    home/latents/0c/0c11….safetensors    home/renders/<job hash>.json
    home/sessions/fox-castle-3f9a/{brief,result,failure}.json, once it was edited {history,edit}.json
    home/locks/fox-castle-3f9a.lock, held by whoever works on the session

`result.json` is the picture as it was first drawn; `history.json` holds every version, that one too, and counts alone
where it is; `edit.json` is the change under way.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from PIL import Image, PngImagePlugin
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from mepg_agent.engine.base import Latents, Picture, Pixels
from mepg_agent.errors import BadInput, BrokenAsset, MepgError
from mepg_agent.files import alone, whole
from mepg_agent.history import Edit, History, Version
from mepg_agent.records import Attempt, Brief, Remark, Render, RenderJob, Status, Verdict
from mepg_agent.scene import Frozen, ScenePlan

SESSION_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{4,}")
PREVIEW_SIDE = 384  # pixels; a preview is shown, never used
SMALL_WORDS = re.compile(r"an?|the|of|on|in|at|by|to|and|with|left|right|above|below|next|near|under|behind")
F = TypeVar("F", bound=Frozen)


class Drawn(Frozen):
    """What one job gave: one render, or for a repair one a candidate."""

    renders: Annotated[tuple[Render, ...], Field(min_length=1)]
    region_seconds: dict[str, float] = Field(default_factory=dict)


class Result(Frozen):
    """A finished session. `accepted` means that every check passed; `best_effort` never does."""

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


class Summary(Frozen):
    """A line of the list of sessions. `status` is None while one is unfinished: it can be resumed."""

    session: str
    prompt: str
    status: Status | None
    image: Path | None
    versions: int = 0
    edit: str | None = None  # the instruction of a change that is not finished: it can be resumed


class SessionStore:
    """Pictures, latents, renders and sessions below one folder. Safe to share between threads and processes; whoever
    changes a session holds it meanwhile."""

    def __init__(self, home: Path) -> None:
        """Makes `home` where needed. Raises BrokenAsset if it cannot be written."""
        self.home = home
        with _writing(home):
            for part in ("pictures", "latents", "renders", "sessions", "locks"):
                (home / part).mkdir(parents=True, exist_ok=True)

    def put_picture(self, image: Pixels, provenance: Mapping[str, str]) -> str:
        """Keeps `image` (height, width, 3) as a PNG whose text chunks hold `provenance`; returns its sha256."""
        chunks = PngImagePlugin.PngInfo()
        for key, value in provenance.items():
            chunks.add_itxt(key, value)
        buffer = BytesIO()
        Image.fromarray(image, "RGB").save(buffer, "PNG", pnginfo=chunks)
        return self.put_content("pictures", ".png", buffer.getvalue())

    def picture(self, sha256: str) -> Pixels:
        """Raises BrokenAsset for a missing or altered file."""
        with Image.open(BytesIO(self.content("pictures", ".png", sha256)), formats=["PNG"]) as image:
            return np.asarray(image.convert("RGB"))

    def picture_path(self, sha256: str) -> Path:
        return self._path("pictures", ".png", sha256)

    def put_latents(self, latents: Latents) -> str:
        """Keeps latents (channels, height / 8, width / 8); returns the sha256 of the file."""
        return self.put_content("latents", ".safetensors", save_tensors({"latents": np.ascontiguousarray(latents)}))

    def latents(self, sha256: str) -> Latents:
        """Raises BrokenAsset for a missing or altered file."""
        try:
            return load_tensors(self.content("latents", ".safetensors", sha256))["latents"]
        except (SafetensorError, KeyError) as error:
            raise BrokenAsset(
                f"The latents {sha256[:12]} cannot be read: {error}.", "Draw the picture again."
            ) from error

    def keep(self, job: RenderJob, picture: Picture, plan: ScenePlan) -> Drawn:
        """Writes every candidate with its provenance, then the record of the job. They share the cost evenly."""
        experts = {adapter.id: adapter.sha256 for adapter in job.adapters}
        provenance = {"mepg:plan": plan.model_dump_json(), "mepg:job": job.hash(), "mepg:experts": json.dumps(experts)}
        pairs = picture.candidates or ((picture.image, picture.latents),)
        renders = tuple(
            Render(
                picture=self.put_picture(image, provenance),
                latents=self.put_latents(latents),
                job=job.hash(),
                seed=job.seed,
                seconds=picture.seconds / len(pairs),
                calls=picture.calls / len(pairs),
            )
            for image, latents in pairs
        )
        drawn = Drawn(renders=renders, region_seconds=picture.region_seconds)
        self.put_drawn(job.hash(), drawn)
        return drawn

    def put_drawn(self, job: str, drawn: Drawn) -> None:
        self._write(self.home / "renders" / f"{job}.json", drawn.model_dump_json(indent=1).encode())

    def drawn(self, job: str) -> Drawn | None:
        """What the job of this hash gave, if all of it is still here."""
        drawn = _read(self.home / "renders" / f"{job}.json", Drawn)
        if drawn is None:
            return None
        files = [self.picture_path(r.picture) for r in drawn.renders]
        files += [self._path("latents", ".safetensors", r.latents) for r in drawn.renders]
        return drawn if all(file.is_file() for file in files) else None

    def begin(self, brief: Brief) -> str:
        """Opens a session and returns its id: "fox-castle-3f9a"."""
        session = self._claim(brief)
        self._write(self._folder(session) / "brief.json", brief.model_dump_json(indent=1).encode())
        return session

    def _claim(self, brief: Brief) -> str:
        """A name that no session has, and its folder."""
        length = 2
        while True:
            session = f"{_stem(brief.prompt)}-{secrets.token_hex(length)}"
            with _writing(self.home):
                try:
                    (self.home / "sessions" / session).mkdir()
                    return session
                except FileExistsError:
                    length += 1

    @contextmanager
    def held(self, session: str) -> Iterator[None]:
        """One thread of one process works on a session at a time. Raises BadInput, at once, while another one does, and
        if there is no such session; BrokenAsset if the home cannot be written."""
        self.brief(session)
        busy = BadInput(
            f"The session '{session}' is being worked on elsewhere.", "Wait until that is finished, or stop it there."
        )
        with ExitStack() as stack:
            with _writing(self.home):
                stack.enter_context(alone(self.lock_of(session), busy))
            self.brief(session)  # whoever held it before may have deleted it
            yield

    def lock_of(self, session: str) -> Path:
        return self.home / "locks" / f"{session}.lock"

    def brief(self, session: str) -> Brief:
        """Raises BadInput if there is no such session."""
        brief = _read(self._folder(session) / "brief.json", Brief)
        if brief is None:
            raise BadInput(f"There is no session '{session}'.", "`mepg sessions` lists them.")
        return brief

    def put_result(self, result: Result, edit: Edit | None = None) -> None:
        """Keeps a finished picture: the first of its session, or the version that `edit` led to, which is shown from
        then on. Doing it twice changes nothing."""
        data = result.model_dump(mode="json", exclude={"image"})
        if edit is not None:
            self._finish(result, edit)
        else:
            self._write(self._folder(result.session) / "result.json", json.dumps(data, indent=1).encode())
        for stale in ("preview.png", "failure.json"):
            (self._folder(result.session) / stale).unlink(missing_ok=True)

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
        history = _read(self._folder(session) / "history.json", History)
        file = self._folder(session) / "result.json"
        if history is not None or not file.is_file():
            return history
        known = {"number": 1, **{k: v for k, v in _parse(file).items() if k in Version.model_fields}}
        return History(versions=(_validate(file, Version, known),))

    def put_history(self, session: str, history: History) -> None:
        """Raises BadInput while an edit is under way: only that one may change the history then."""
        if (self._folder(session) / "edit.json").is_file():
            raise _busy(self._folder(session) / "edit.json")
        self._write_history(session, history)

    def _write_history(self, session: str, history: History) -> None:
        self._write(self._folder(session) / "history.json", history.model_dump_json(indent=1).encode())

    def forget(self, session: str) -> None:
        """Removes the session, its history and its edit; pictures stay until they are collected. Raises BadInput if
        there is no such session."""
        self.brief(session)
        with _writing(self.home):
            (self._folder(session) / "brief.json").unlink()  # without it, it is no session any more
            shutil.rmtree(self._folder(session))
            self.lock_of(session).unlink(missing_ok=True)

    def adopt(self, session: str, brief: Brief, history: History) -> str:
        """Opens a session with a history that it has already, under this name, or where that is taken or none, under
        one of its own; returns the name. Raises BrokenAsset if it cannot be written."""
        with _writing(self.home):
            try:
                self._folder(session).mkdir()
            except (BadInput, FileExistsError):
                session = self._claim(brief)
        self._write_history(session, history)
        self._write(self._folder(session) / "brief.json", brief.model_dump_json(indent=1).encode())
        return session

    def begin_edit(self, session: str, edit: Edit) -> None:
        """Notes a change before it is drawn. Raises BadInput while another one is under way."""
        file = self._folder(session) / "edit.json"
        self._write(file, edit.model_dump_json(indent=1).encode(), new=True)

    def edit(self, session: str) -> Edit | None:
        """The change under way."""
        return _read(self._folder(session) / "edit.json", Edit)

    def drop_edit(self, session: str) -> None:
        """Forgets the change under way; the picture stays as it is."""
        with _writing(self.home):
            (self._folder(session) / "edit.json").unlink(missing_ok=True)

    def put_failure(self, session: str, error: MepgError) -> None:
        """Notes why the session failed. It can still be resumed, once that is mended."""
        words = json.dumps({"message": error.message, "advice": error.advice}, indent=1)
        with suppress(BrokenAsset):  # the disk may be what failed
            self._write(self._folder(session) / "failure.json", words.encode())

    def sessions(self) -> tuple[Summary, ...]:
        """Last touched first."""
        folders = [f for f in (self.home / "sessions").iterdir() if (f / "brief.json").is_file()]
        folders.sort(key=lambda f: (f.stat().st_mtime_ns, f.name), reverse=True)
        return tuple(self._summary(folder.name) for folder in folders)

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

    def _folder(self, session: str) -> Path:
        if not SESSION_ID.fullmatch(session):
            raise BadInput(f"'{session[:60]}' is not a session.", "A session is named like fox-castle-3f9a.")
        return self.home / "sessions" / session

    def _path(self, part: str, ending: str, sha256: str) -> Path:
        return self.home / part / sha256[:2] / f"{sha256}{ending}"

    def put_content(self, part: str, ending: str, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self._write(self._path(part, ending, sha256), content)
        return sha256

    def content(self, part: str, ending: str, sha256: str) -> bytes:
        file = self._path(part, ending, sha256)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BrokenAsset(f"{file} cannot be read: {error.strerror}.", "Draw the picture again.") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BrokenAsset(f"{file} is not what was written there.", "Remove it and draw the picture again.")
        return content

    def _write(self, file: Path, content: bytes, new: bool = False) -> None:
        """All of it or nothing: a reader never sees half a file, and a crash leaves the old one. With `new` there must
        be none yet, also when two write at once."""
        with _writing(self.home):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with whole(file, new) as stream:
                    stream.write(content)
            except FileExistsError as error:
                raise _busy(file) from error


def _busy(file: Path) -> BadInput:
    instruction = _parse(file).get("instruction", "")
    return BadInput(
        f"An edit of this picture is not finished: '{str(instruction)[:80]}'.", "Resume it, or undo to drop it."
    )


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = "Free some space there, or set MEPG_HOME to a folder that can be written."
        raise BrokenAsset(f"Pictures cannot be kept in {home}: {error.strerror or error}.", advice) from error


def _stem(prompt: str) -> str:
    """Two telling words of the prompt."""
    words = [w for w in re.findall(r"[a-z]{2,16}", prompt.lower()) if not SMALL_WORDS.fullmatch(w)]
    return "-".join(dict.fromkeys(words[:2])) or "picture"


def _parse(file: Path) -> dict:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenAsset(f"{file} cannot be read: {error}.", "Remove it and draw the picture again.") from error


def _validate(file: Path, model: type[F], data: dict) -> F:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        advice = "It was written by another version: remove it and draw the picture again."
        raise BrokenAsset(f"{file} does not hold a {model.__name__.lower()}.", advice) from error


def _read(file: Path, model: type[F]) -> F | None:
    return _validate(file, model, _parse(file)) if file.is_file() else None

"""What an agent does with a picture that it has drawn: change it, step through its history, hand it on, forget it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mepg_agent.archive import export_session, import_session
from mepg_agent.checkpoints import Illegible
from mepg_agent.collection import Collected, collect
from mepg_agent.comparison import Comparison, compare
from mepg_agent.context import Context, Family
from mepg_agent.conversation import UNCHANGED, edit_of, one_line, step_of
from mepg_agent.errors import BadInput, BrokenAsset, Cancelled
from mepg_agent.history import Edit, History
from mepg_agent.planning.editing import EditReader
from mepg_agent.records import Approval, Brief, Event, Render
from mepg_agent.reproduction import Reproduction, reproduce
from mepg_agent.session import Result, SessionStore, undo_drops
from mepg_agent.state import Update

Stream = Generator[Event | Result, None, None]  # closing it stops the drawing between two steps


class Editor(ABC):
    """The half of `Agent` that starts from a session."""

    store: SessionStore

    def edit(self, session: str, instruction: str, rounds: int | None = None) -> Result:
        """The picture after a change in plain words: "make the dog watercolor". A new version, which is shown from then
        on; the one before stays and no byte outside what changed differs. "undo" and "redo" step through the history.

        An instruction that changes nothing gives the version that is shown, with a note that says so. `rounds` are
        repairs at most; without, as many as the first picture was given. Raises Ambiguous, with what can be said
        instead, where words fit several things or none; BadInput for what cannot be done.
        """
        return last_of(self.stream_edit(session, instruction, rounds))

    def stream_edit(
        self,
        session: str,
        instruction: str,
        rounds: int | None = None,
        stop: threading.Event | None = None,
        reader: EditReader | None = None,
    ) -> Stream:
        """As `edit`: events while the change is drawn, the `Result` last. Until then the earlier version is shown; what
        was interrupted goes on with `resume` (or the same instruction) and is dropped by `undo`. `stop`, once set,
        stops the drawing between two steps; `reader` reads the words instead of the agent's own."""
        step = step_of(instruction)
        if step is not None:
            return _all_of(self.undo(session) if step == "undo" else self.redo(session))
        with self.store.held(session):
            begun, history = self._begun(session), self.history(session)
            brief = self.store.brief(session)
            if begun is not None and begun.instruction == one_line(instruction):
                return self._follow(session, stop, begun)
            family = self.family(session)
            family = family if reader is None else replace(family, editor=reader)
            edit = edit_of(instruction, history, family, brief.rounds if rounds is None else rounds)
            if edit is None:
                shown = self.result(session)
                told = Result.model_validate({**dict(shown), "notes": (*shown.notes, UNCHANGED)})
                return _all_of(Event(node="edit", message=UNCHANGED), told)
            self.store.begin_edit(session, edit)
        return self._follow(session, stop, edit)

    def resume(self, session: str, answer: Approval | None = None, stop: threading.Event | None = None) -> Stream:
        """Goes on where an interrupted session or edit stopped; a finished one yields its result at once.

        `answer` is for a layout that waits for approval; without one NeedsApproval is raised again. Raises BadInput for
        an answer that nothing waits for, Cancelled for a rejected layout: `resume` then plans anew. `stop`, once set,
        stops the drawing between two steps.
        """
        with self.store.held(session):
            edit = self._begun(session)
            finished = edit is None and self.store.history(session) is not None
            if answer is not None and (finished or edit is not None):
                raise unasked(session)
            if finished:
                return _all_of(self.result(session))
        return self._follow(session, stop, edit, answer)

    def result(self, session: str, version: int | None = None) -> Result:
        """The version that is shown, or another one. Raises BadInput for an unknown one or an unfinished session."""
        self.history(session)
        result = self.store.result(session, version)
        assert result is not None, "a history has a version to show"
        return result

    def history(self, session: str) -> History:
        """Every version. Raises BadInput for an unknown or unfinished session; of one that failed it says why."""
        history = self.store.history(session)
        if history is None:
            if (failure := self.store.failure(session)) is not None:
                raise BadInput(f"The session '{session}' has no picture: {failure[0]}", failure[1])
            raise BadInput(f"The session '{session}' is not finished.", "Resume it first.")
        return history

    def family(self, session: str) -> Family:
        """What can be drawn in the session, and who reads edits of it. Raises BadInput for an unknown one."""
        return self._context().family(self.store.brief(session))

    def undo(self, session: str) -> Result:
        """Drops the edit under way, or where there is none goes back to what the shown version was made from.

        Raises BadInput at the first version.
        """
        with self.store.held(session):
            self.store.history(session)  # what cannot be read from here on is the edit
            try:
                edit = self._begun(session)
            except BrokenAsset:
                self.store.drop_edit(session)
                return self.result(session)
            if edit is None:
                return self._show(session, self.history(session).undone())
            self.store.drop_edit(session)
            self._forget_thread(thread_of(session, edit))
            return self.result(session)

    def redo(self, session: str) -> Result:
        """Goes forward again on the line that is shown. Raises BadInput at its end, or while an edit is under way."""
        with self.store.held(session):
            return self._show(session, self.history(session).redone())

    def branch(self, session: str, name: str, at: int | None = None) -> Result:
        """Opens a line at the shown version (or at version `at`) and goes there, or goes to the end of one that is
        there. Raises BadInput as `History.branched`, or while an edit is under way."""
        with self.store.held(session):
            return self._show(session, self.history(session).branched(name, at))

    def compare(self, session: str, a: int, b: int) -> Comparison:
        """What differs between two versions. Raises BadInput for a version that is not there."""
        return compare(self.store, self.history(session), a, b)

    def forget(self, session: str) -> None:
        """Deletes the session with its history. Its pictures stay until `collect`, others may have them too."""
        with self.store.held(session):
            history = None
            with suppress(BrokenAsset):  # a damaged one goes, too
                history = self.store.history(session)
            for number in range(2, len(history.versions) + 2 if history else 2):
                self._forget_thread(f"{session}/{number}")
            self._forget_thread(session)
            self.store.forget(session)

    def collect(self) -> Collected:
        """Removes pictures, latents and renders that no session refers to. See `collection.collect`."""
        return collect(self.store, self._under_way())

    def export(self, session: str, file: Path | str) -> Path:
        """The session as one zip: its brief, its versions with their pictures and latents. An edit that is not finished
        is left out. Raises BadInput for an unfinished session."""
        return export_session(self.store, session, self.history(session), Path(file))

    def import_(self, file: Path | str) -> Result:
        """Takes in what `export` wrote, under the same name unless that is taken. Raises BadInput for anything else."""
        return self.result(import_session(self.store, Path(file)))

    def _follow(
        self,
        session: str,
        stop: threading.Event | None = None,
        edit: Edit | None = None,
        answer: Approval | None = None,
    ) -> Stream:
        """Holds the session and runs its graph, or that of its edit, from where it stands to its end, or between two
        steps once `stop` is set. Raises BadInput while somebody else holds it."""
        with self.store.held(session):
            history = self.store.history(session)
            number = edit.number if edit else 1
            if history is not None and len(history.versions) >= number:  # somebody was faster
                yield self.result(session, number)
            elif edit is not None and self._begun(session) != edit:
                raise Cancelled("The edit was dropped before it was finished.", "Say it again if it is still wanted.")
            else:
                brief = self.store.brief(session)
                if edit is not None:
                    brief = Brief.model_validate({**dict(brief), "rounds": edit.rounds})
                yield from self._run(session, brief, stop, edit, answer)

    def reproduce(self, session: str, version: int | None = None) -> Reproduction:
        """The shown version, or another one, drawn once more from the jobs that led to it, and whether every byte is as
        it was. Raises BadInput where jobs, weights or experts of then are not here."""
        *_, last = self.stream_reproduce(session, version)
        assert isinstance(last, Reproduction), "a stream ends with its result or raises"
        return last

    def stream_reproduce(self, session: str, version: int | None = None) -> Generator[Event | Reproduction, None, None]:
        """As `reproduce`: events while it is drawn, the `Reproduction` last. Closing it stops between two steps.

        While it draws, pulled on or not, it has the device: others wait for it, and whoever draws something else in the
        same thread before it is pulled to its end or closed waits for ever.
        """
        return reproduce(self.store, session, self.history(session), version, self._context())

    @abstractmethod
    def _run(
        self,
        session: str,
        brief: Brief,
        stop: threading.Event | None,
        edit: Edit | None,
        answer: Approval | None,
    ) -> Stream:
        """As `_follow`, once the session is held and known to be unfinished."""

    @abstractmethod
    def _context(self, stop: threading.Event | None = None) -> Context: ...

    @abstractmethod
    def _state(self, thread: str) -> Update:
        """What the graph has noted of a run; empty where there is none."""

    @abstractmethod
    def _forget_thread(self, thread: str) -> None:
        """Drops what the graph has noted of a run."""

    def _begun(self, session: str) -> Edit | None:
        """The edit under way. One that was finished, and stopped before its note could go, is none. Raises BrokenAsset
        for one that cannot be read, or that was begun on versions that are lost."""
        edit, history = self.store.edit(session), self.store.history(session)
        if edit is None:
            return None
        number = len(history.versions) + 1 if history is not None else 1
        if edit.number < number:
            self.store.drop_edit(session)
            return None
        if edit.number > number or edit.parent >= number:
            raise BrokenAsset(f"An edit of '{session}' does not follow from its versions.", undo_drops(session))
        return edit

    def _show(self, session: str, history: History) -> Result:
        self._begun(session)
        self.store.put_history(session, history)
        return self.result(session)

    def _under_way(self) -> Iterator[Render]:
        """What unfinished sessions and edits have drawn so far."""
        for summary in self.store.sessions():
            edit = self.store.edit(summary.session)
            if summary.status in (None, "failed") or edit is not None:
                try:
                    state = self._state(thread_of(summary.session, edit))
                except Illegible:  # it cannot go on from there, and the others must not keep everything for it
                    continue
                drawn = [*state.get("renders", ()), *state.get("candidates", ()), *filter(None, [state.get("kept")])]
                yield from map(Render.model_validate, drawn)


def thread_of(session: str, edit: Edit | None) -> str:
    """The name under which the graph keeps its place."""
    return session if edit is None else f"{session}/{edit.number}"


def last_of(items: Iterable[Event | Result]) -> Result:
    *_, result = items
    assert isinstance(result, Result), "a stream ends with its result or raises"
    return result


def unasked(session: str) -> BadInput:
    return BadInput(f"No layout of {session} waits for approval.", "Resume it without an answer.")


def _all_of(*items: Event | Result) -> Stream:
    yield from items

"""The facade: everything the command line and the MCP server do goes through an `Agent`.

with Agent() as agent:
    result = agent.draw("a watercolor fox left of a castle at night")
    print(result.status, result.image)
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from pathlib import Path
from typing import Any, Self

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot
from pydantic import ValidationError

from mepg_agent.agent_async import in_thread
from mepg_agent.agent_edits import Stream, last_of, thread_of, unasked
from mepg_agent.agent_regions import RegionEditor
from mepg_agent.checkpoints import explained, legible, open_checkpoints
from mepg_agent.engine.base import Engine
from mepg_agent.engine.device import choose_device, device_key
from mepg_agent.engine.prepare import prepare
from mepg_agent.errors import BadInput, Cancelled, MepgError, NeedsApproval
from mepg_agent.graph import MAX_REVISIONS, REJECTED, Context, build_graph
from mepg_agent.history import Edit
from mepg_agent.mistakes import first_mistake, place_of_mistake
from mepg_agent.planning.base import Planner
from mepg_agent.planning.chain import choose_planner
from mepg_agent.planning.editing import choose_editor
from mepg_agent.portfolio import Portfolio
from mepg_agent.records import Approval, Brief, Event
from mepg_agent.scene import MAX_REGIONS, ScenePlan
from mepg_agent.session import Result, SessionStore
from mepg_agent.settings import Settings
from mepg_agent.state import Asked, Planned, State, Update
from mepg_agent.turns import Turns
from mepg_agent.verify.base import Verifier
from mepg_agent.verify.chain import check_names, load_verifier

__all__ = ["Agent", "Event", "Result", "make_graph"]


class Agent(RegionEditor):
    """Plans, draws, checks and repairs pictures. What is passed in replaces what the settings would choose.

    Safe to use from several threads; pictures are drawn one after the other, also by other programs with this home.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        engine: Engine | None = None,
        planner: Planner | None = None,
        verifier: Verifier | None = None,
    ) -> None:
        """Nothing heavy is loaded before it is needed. Raises BrokenAsset if the home cannot be written."""
        self.settings = settings or Settings.load()
        self.portfolio = Portfolio(self.settings.experts)
        self.store = SessionStore(self.settings.home)
        self._given = (engine, planner, verifier)
        self._engines: dict[str, Engine] = {}
        self._verifiers: dict[tuple[str, tuple[str, ...], str], Verifier | None] = {}
        self._open: tuple[ExitStack, CompiledStateGraph[State, Context, Asked, State]] | None = None
        self._turns, self._loading = Turns(self.settings.home, self._device), threading.Lock()
        self._drawing, self._closing, self._counting = 0, False, threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def at(self, home: Path) -> Self:
        """An agent with sessions and pictures of its own in `home`. It shares the models of this one, and one picture
        is drawn at a time by both. Raises BrokenAsset if `home` cannot be written."""
        # Checkpoints of its own, too: in a database for all homes, sessions of the same name would meet.
        settings = self.settings.model_copy(update={"home": home, "checkpoints": None})
        other = type(self)(settings, *self._given)
        other._engines, other._verifiers = self._engines, self._verifiers
        other._turns, other._loading = self._turns, self._loading
        return other

    def close(self) -> None:
        """Ends the connection to the checkpoints, as soon as nothing is drawn any more; sessions stay on disk."""
        with self._counting:
            self._closing = self._drawing > 0
        if not self._closing:
            with self._loading:
                if self._open is not None:
                    self._open[0].close()
                    self._open = None

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """A connection that ends while another thread uses it takes the process with it."""
        with self._counting:
            self._drawing += 1
        try:
            yield
        finally:
            with self._counting:
                self._drawing -= 1
                last = self._closing and not self._drawing
            if last:
                self.close()

    def plan(self, prompt: str | Brief, **wishes: Any) -> ScenePlan:
        """The scene as it would be drawn: planned, routed to experts, its layout mended. Draws nothing."""
        brief = make_brief(prompt, **wishes)
        given: Any = {"session": "plan", "brief": brief.model_dump(mode="json")}
        state = build_graph(plan_only=True).compile().invoke(given, context=self._context())
        return ScenePlan.model_validate({**state["plan"], "notes": state["notes"]})

    def draw(self, prompt: str | Brief, **wishes: Any) -> Result:
        """Plan, draw, check, repair. `wishes` are fields of `Brief`: seed, steps, rounds, extent, …

        Raises BadInput for a request that cannot be drawn, BrokenAsset for a broken installation.
        """
        return last_of(self.stream(prompt, **wishes))

    def stream(self, prompt: str | Brief, **wishes: Any) -> Stream:
        """Events while the picture is made, the `Result` last. Closing the iterator stops between two steps."""
        return self._follow(self.begin(prompt, **wishes))

    def begin(self, prompt: str | Brief, **wishes: Any) -> str:
        """Opens a session for what is asked and draws nothing: `resume` does. Raises BadInput as `draw`."""
        return self.store.begin(self._checked(prompt, wishes))

    def batch(self, prompts: Iterable[str | Brief], **wishes: Any) -> Iterator[Result]:
        """The results of several requests, one after the other; `wishes` hold for all, and all are checked first."""
        briefs = self._all_checked(prompts, wishes)
        return (self.draw(brief) for brief in briefs)

    async def adraw(self, prompt: str | Brief, **wishes: Any) -> Result:
        """`draw` that leaves the event loop free; cancelling its task stops between two steps."""
        async with aclosing(self.astream(prompt, **wishes)) as items:
            return last_of([item async for item in items])

    def astream(self, prompt: str | Brief, **wishes: Any) -> AsyncGenerator[Event | Result, None]:
        """`stream` that leaves the event loop free; closing it or cancelling its task stops between two steps."""
        return self._apart(lambda stop: self._follow(self.begin(prompt, **wishes), stop))

    async def abatch(self, prompts: Iterable[str | Brief], **wishes: Any) -> AsyncGenerator[Result, None]:
        """`batch` that leaves the event loop free; closing it or cancelling its task stops between two steps."""
        for brief in self._all_checked(prompts, wishes):
            yield await self.adraw(brief)

    async def aedit(self, session: str, instruction: str, rounds: int | None = None) -> Result:
        """`edit` that leaves the event loop free; cancelling its task stops between two steps."""
        async with aclosing(self.astream_edit(session, instruction, rounds)) as items:
            return last_of([item async for item in items])

    def astream_edit(
        self, session: str, instruction: str, rounds: int | None = None
    ) -> AsyncGenerator[Event | Result, None]:
        """`stream_edit` that leaves the event loop free; closing it or cancelling its task stops between two steps."""
        return self._apart(lambda stop: self.stream_edit(session, instruction, rounds, stop))

    def _apart(self, start: Callable[[threading.Event], Stream]) -> AsyncGenerator[Event | Result, None]:
        stop = threading.Event()
        return in_thread(lambda: start(stop), stop)

    def _all_checked(self, prompts: Iterable[str | Brief], wishes: dict[str, Any]) -> list[Brief]:
        if isinstance(prompts, str):  # whose letters would be drawn one by one
            raise BadInput("A batch is a list of prompts, not one.", "Put it in a list, or use draw.")
        return [self._checked(prompt, wishes) for prompt in prompts]

    def _checked(self, prompt: str | Brief, wishes: dict[str, Any]) -> Brief:
        """Raises BadInput for what can be known to be wrong before a session is opened."""
        brief = make_brief(prompt, **wishes)
        self.portfolio.backbone(brief.backbone)
        self._planner(brief)
        check_names(brief.verifiers)
        return brief

    def _run(
        self,
        session: str,
        brief: Brief,
        stop: threading.Event | None,
        edit: Edit | None,
        answer: Approval | None,
    ) -> Stream:
        with self._at_work():
            yield from self._pulled(session, brief, self._context(stop), edit, answer)

    def _pulled(
        self, session: str, brief: Brief, context: Context, edit: Edit | None, answer: Approval | None
    ) -> Stream:
        graph, repairs = self._compiled(), MAX_REGIONS * (brief.rounds + 1)
        name, limit = thread_of(session, edit), 10 + 3 * (MAX_REVISIONS + repairs)
        given = self._input(session, brief, edit, answer)
        thread: Any = {"configurable": {"thread_id": name}, "recursion_limit": limit}
        parts: Any = iter(())
        try:
            with explained():
                parts = graph.stream(given, thread, context=context, stream_mode="custom", durability="sync")
                while (part := next(parts, None)) is not None:
                    try:
                        yield part
                    except GeneratorExit:
                        context.cancelled.set()  # before closing reaches the graph, which waits for its node
                        raise
                self._check_layout(session, name)
                if edit is not None:
                    self._forget_thread(name)
            yield self.result(session, edit.number if edit else 1)
        except (Cancelled, NeedsApproval):
            raise
        except MepgError as error:
            self._failed(session, edit, error)
            raise
        finally:
            if isinstance(parts, Generator):
                parts.close()

    def _input(self, session: str, brief: Brief, edit: Edit | None, answer: Approval | None) -> Any:
        """What the graph is given: all that was asked for; where it goes on, nothing or the answer that it waits for.

        Raises BadInput where it waits for none, and for a changed layout whose experts are not there.
        """
        name = thread_of(session, edit)
        given = {"session": session, "brief": brief.model_dump(mode="json")}
        given |= {"edit": edit.model_dump(mode="json")} if edit else {}
        noted = self._noted(name)
        begun = bool(noted.tasks) and all(noted.values.get(key) == value for key, value in given.items())
        if noted.values and not begun:
            # Of an edit that was dropped, of another home's session, or of a picture whose record was removed since.
            self._forget_thread(name)
        if answer is None:
            return None if begun else given
        if not begun or noted.next != ("approve",):
            raise unasked(session)
        if answer.plan is not None:
            self._check_experts(answer.plan, brief)
        return Command(resume=answer.model_dump(mode="json"))

    def _check_layout(self, session: str, thread: str) -> None:
        """Raises NeedsApproval while the layout waits for an answer, Cancelled once it was rejected."""
        found = self._noted(thread)
        if found.next == ("approve",):
            state = Planned.model_validate({key: found.values[key] for key in ("session", "brief", "plan", "remarks")})
            raise NeedsApproval(session, state.plan, state.remarks)
        if found.values.get("approved") is False:
            self._forget_thread(thread)
            raise Cancelled(REJECTED, "Resume the session to plan it anew, or draw it from a plan of your own.")

    def _check_experts(self, plan: ScenePlan, brief: Brief) -> None:
        """Raises BadInput for one that is not there."""
        found, experts = self.portfolio.backbone(brief.backbone), self.portfolio.experts_of(brief.backbone)
        prepare(plan, brief, found, experts, self._weights(brief.backbone))

    def _failed(self, session: str, edit: Edit | None, error: MepgError) -> None:
        """An edit that cannot be drawn as it is goes, and a layout waits once more; what only broke down stays, to be
        resumed."""
        if edit is None and not (isinstance(error, BadInput) and self._waits_again(session)):
            self.store.put_failure(session, error)
        elif edit is not None and isinstance(error, BadInput):
            self.store.drop_edit(session)

    def _waits_again(self, session: str) -> bool:
        """Takes back the approval of a layout that cannot be drawn, or every resume would end with the same error.
        False where nobody approved one, or its picture is drawn."""
        noted = self._noted(session)
        if noted.next != ("generate",) or not noted.values.get("approved"):
            return False
        with explained():
            self._compiled().update_state(noted.config, {"approved": None}, as_node="critique")
        return True

    def _state(self, thread: str) -> Update:
        """What the graph has noted of a run; empty where there is none."""
        return dict(self._noted(thread).values)

    def _noted(self, thread: str) -> StateSnapshot:
        with explained(), legible(thread):
            return self._compiled().get_state({"configurable": {"thread_id": thread}})

    def _forget_thread(self, thread: str) -> None:
        checkpoints = self._compiled().checkpointer
        assert isinstance(checkpoints, BaseCheckpointSaver)
        with explained():
            checkpoints.delete_thread(thread)

    def _context(self, stop: threading.Event | None = None) -> Context:
        return Context(
            portfolio=self.portfolio,
            store=self.store,
            planner=self._planner,
            engine=self._engine,
            weights=self._weights,
            verifier=self._verifier,
            turns=self._turns,
            cancelled=stop or threading.Event(),
            editor=choose_editor(self.settings),
        )

    def _planner(self, brief: Brief) -> Planner:
        if self._given[1] is not None:
            return self._given[1]
        return choose_planner(brief.planner, self.settings)

    def _engine(self, backbone: str) -> Engine:
        if self._given[0] is not None:
            return self._given[0]
        with self._loading:
            if backbone not in self._engines:
                self._engines[backbone] = self._load_engine(backbone)
            return self._engines[backbone]

    def _weights(self, backbone: str) -> str:
        given = self._given[0]
        return given.weights_hash() if given is not None else self.portfolio.backbone(backbone).item.weights_hash()

    def _load_engine(self, backbone: str) -> Engine:
        from mepg_agent.engine.local import LocalEngine

        return LocalEngine.of_family(self.portfolio.backbone(backbone), self.settings)

    def _verifier(self, brief: Brief) -> Verifier | None:
        if self._given[2] is not None:
            return self._given[2]
        wanted = (brief.backbone, brief.verifiers, brief.combine)
        with self._loading:
            if wanted not in self._verifiers:
                self._verifiers[wanted] = load_verifier(
                    brief, self.portfolio, self.settings, lambda: choose_device(self.settings.device)
                )
            return self._verifiers[wanted]

    def _device(self) -> str:
        """Where an engine was passed in, what it draws on is not known: those take turns among themselves."""
        return "given" if self._given[0] is not None else device_key(choose_device(self.settings.device))

    def _compiled(self) -> CompiledStateGraph[State, Context, Asked, State]:
        """The graph over its checkpoints, opened once."""
        with self._loading:
            if self._open is None:
                stack = ExitStack()
                saver = stack.enter_context(open_checkpoints(self.settings.home, self.settings.checkpoints))
                self._open = (stack, build_graph().compile(checkpointer=saver))
            return self._open[1]


def make_brief(prompt: str | Brief, **wishes: Any) -> Brief:
    """Raises BadInput, naming the first thing that is wrong."""
    try:
        if isinstance(prompt, Brief):
            return Brief.model_validate({**dict(prompt), **wishes})
        return Brief(prompt=prompt, **wishes)
    except ValidationError as error:
        advice = f"Change the {place_of_mistake(error) or 'request'} and ask again."
        raise BadInput(f"The request cannot be drawn: {first_mistake(error)}.", advice) from error


def make_graph() -> Any:
    """The compiled graph for LangGraph's own server (`langgraph.json`), which brings its own checkpoints."""
    return build_graph(Agent()._context()).compile()

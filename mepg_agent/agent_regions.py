"""What an agent does region by region: draw some of them again, and judge a picture, itself or by another's eyes."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from mepg_agent.agent_edits import Editor, Stream, last_of
from mepg_agent.errors import BadInput
from mepg_agent.evidence import with_crops
from mepg_agent.graph import unshown
from mepg_agent.history import History, Version
from mepg_agent.records import Finding, Verdict
from mepg_agent.redrawing import Redraw, redraw_of
from mepg_agent.session import Result
from mepg_agent.verify.gone import with_gone

ASSISTANT = "assistant"  # verifier of findings that were handed in


class RegionEditor(Editor):
    """The part of `Agent` that works on named regions."""

    def redraw(self, session: str, changes: Sequence[Redraw], rounds: int | None = None, candidates: int = 1) -> Result:
        """The picture with these regions drawn again; no byte outside their boxes differs. The verifier picks the best
        of `candidates` from as many seeds, drawn at once. Raises BadInput as `redraw_of`, and while another change is
        under way."""
        return last_of(self.stream_redraw(session, changes, rounds, candidates))

    def stream_redraw(
        self,
        session: str,
        changes: Sequence[Redraw],
        rounds: int | None = None,
        candidates: int = 1,
        stop: threading.Event | None = None,
    ) -> Stream:
        """As `redraw`: events while it is drawn, the `Result` last. An interrupted one goes on with `resume`. `stop`,
        once set, stops the drawing between two steps."""
        with self.store.held(session):
            self._begun(session)
            history, brief = self.history(session), self.store.brief(session)
            family = self._context().family(brief)
            rounds = brief.rounds if rounds is None else rounds
            edit = redraw_of(changes, history, family, brief, rounds, candidates)
            self.store.begin_edit(session, edit)
        return self._follow(session, stop, edit)

    def judge(self, session: str, findings: Sequence[Finding] | None = None, version: int | None = None) -> Result:
        """Looks at a version anew and keeps what is found, with the status that follows from it.

        `findings` are another's, who looked at the picture: each takes the place of the one on the same thing and
        check. Without them the verifier of the family looks. Raises BadInput for a finding on a region that is not
        there, for none at all, where nobody can look, and while a change is under way.
        """
        if findings is not None and not findings:
            raise BadInput("The verdict says nothing.", "Say of a region whether it is as it should be.")
        with self.store.held(session):
            self._begun(session)
            history = self.history(session)
            judged = history.version(version)
            found = self._verdict(session, history, judged) if findings is None else _merged(judged, findings)
            verdict = with_crops(found, judged.plan, judged.render.picture, self.store)
            status = "accepted" if verdict.passed and not unshown(judged.remarks) else "best_effort"
            changed = Version.model_validate({**dict(judged), "verdict": verdict, "status": status})
            if changed != judged:
                versions = tuple(changed if v.number == judged.number else v for v in history.versions)
                self.store.put_history(session, History.model_validate({**dict(history), "versions": versions}))
            return self.result(session, judged.number)

    def mend(self, session: str, findings: Sequence[Finding] = (), rounds: int | None = None) -> Result:
        """Repairs what the verdict on the shown version finds wrong, a new version. `findings` are another's, as for
        `judge`; whether a repair helped is for the verifier to say. Raises BadInput as `judge`."""
        return last_of(self.stream_mend(session, findings, rounds))

    def stream_mend(
        self,
        session: str,
        findings: Sequence[Finding] = (),
        rounds: int | None = None,
        stop: threading.Event | None = None,
    ) -> Stream:
        """As `mend`: events while it is drawn, the `Result` last. An interrupted one goes on with `resume`; `stop` as
        for `stream_redraw`."""
        with self.store.held(session):
            self._begun(session)
            history, brief = self.history(session), self.store.brief(session)
            if self._context().verifier(brief) is None:
                raise BadInput(f"{brief.backbone} has no verifier to judge a repair.", "Name one, or redraw a region.")
            head = history.version()
            verdict = _merged(head, findings) if findings else head.verdict
            rounds = max(brief.rounds, 1) if rounds is None else rounds
            said = f"mend {', '.join(verdict.wrong) or 'nothing'}"
            edit = history.edit(said, head.plan, rounds, verdict=verdict, gone=history.still_there(verdict))
            self.store.begin_edit(session, edit)
        return self._follow(session, stop, edit)

    def _verdict(self, session: str, history: History, version: Version) -> Verdict:
        brief = self.store.brief(session)
        verifier = self._context().verifier(brief)
        if verifier is None:
            raise BadInput(f"{brief.backbone} has no verifier.", "Look at the picture and hand your own verdict in.")
        image = self.store.picture(version.render.picture)
        found = verifier.verify(image, version.plan)
        if version.parent is not None:
            found = with_gone(found, verifier, image, history.version(version.parent).plan.regions, version.plan)
        return Verdict.model_validate({**dict(found), "action": version.verdict.action})


def _merged(version: Version, findings: Sequence[Finding]) -> Verdict:
    for finding in findings:
        if finding.region is not None:
            version.plan.region(finding.region)
    said = {(f.subject, f.check): f for f in findings}
    old = version.verdict
    kept = tuple(said.pop((f.subject, f.check), f) for f in old.findings)
    who = old.verifier if ASSISTANT in old.verifier else f"{old.verifier}, {ASSISTANT}"
    return Verdict(findings=(*kept, *said.values()), action=old.action, verifier=who)

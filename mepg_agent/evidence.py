"""What a verdict is about, kept as pictures."""

from __future__ import annotations

import numpy as np

from mepg_agent.records import Finding, Verdict
from mepg_agent.scene import ScenePlan
from mepg_agent.session import SessionStore
from mepg_agent.verify.crops import square_crop


def with_crops(verdict: Verdict, plan: ScenePlan, picture: str, store: SessionStore) -> Verdict:
    """The verdict on `picture` (a sha256), each finding with the part of it that was looked at."""
    image = store.picture(picture)
    crops: dict[str | None, str] = {None: picture}
    for region in dict.fromkeys(finding.region for finding in verdict.findings):
        if region is not None:
            crops[region] = store.put_picture(np.asarray(square_crop(image, plan.region(region).box)), {})
    findings = tuple(Finding.model_validate({**dict(f), "crop": crops[f.region]}) for f in verdict.findings)
    return Verdict.model_validate({**dict(verdict), "findings": findings})

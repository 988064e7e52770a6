"""The judge of the benchmarks: a small residual network with weights and a seed of its own.

Like the verifier of the loop it is a ResNet that learned from crops of the same icons, but without words; it sets the
verifier's thresholds (`family.FamilyBench.thresholds`). It says which noun, which style and which colour a crop shows,
and knows nothing of prompts or plans.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import ResNetConfig, ResNetModel

from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Portfolio

SIZE = 64  # pixels of a crop
SURE = 0.5  # least probability of a thing that is there
T = TypeVar("T")


class Answers(NamedTuple, Generic[T]):
    """What is said of n crops, logits or probabilities."""

    nouns: T  # (n, nouns)
    styles: T  # (n, styles)
    colors: T  # (n, colors)


class Scorer(nn.Module):
    """`forward`: crops (n, 3, 64, 64) in -1..1 -> logits."""

    def __init__(self, nouns: list[str], styles: list[str], colors: list[str]) -> None:
        super().__init__()
        self.nouns, self.styles, self.colors = nouns, styles, colors
        config = ResNetConfig(
            embedding_size=32, hidden_sizes=[48, 96, 160, 224], depths=[2, 2, 2, 2], layer_type="basic"
        )
        self.trunk = ResNetModel(config)
        self.noun = nn.Linear(224, len(nouns))
        self.style = nn.Linear(224, len(styles))
        self.color = nn.Linear(224, len(colors))

    def forward(self, pixels: Tensor) -> Answers[Tensor]:
        features = self.trunk(pixels).pooler_output.flatten(1)
        return Answers(self.noun(features), self.style(features), self.color(features))

    @torch.inference_mode()
    def judge(self, pixels: Tensor) -> Answers[Tensor]:
        """Probabilities: of nouns averaged over the crop and its mirror image, of styles and colours from the crop as
        it is, since the light on paper and oil paint falls from one side."""
        plain, mirrored = (Answers(*(F.softmax(v.float(), -1) for v in self(p))) for p in (pixels, pixels.flip(-1)))
        return plain._replace(nouns=(plain.nouns + mirrored.nouns) / 2)

    def named(self, probabilities: NDArray[np.float32]) -> list[str | None]:
        """The thing that each crop shows, by its probabilities (n, nouns): None where no noun is likelier than not."""
        best, sure = probabilities.argmax(1).tolist(), (probabilities.max(1) > SURE).tolist()
        return [self.nouns[at] if enough else None for at, enough in zip(best, sure, strict=True)]

    def digest(self) -> str:
        """sha256 of its weights: what tells the judge of one run from that of another."""
        return sha256(b"".join(value.numpy().tobytes() for value in self.state_dict().values())).hexdigest()

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {k: v.half().contiguous() if v.is_floating_point() else v for k, v in self.state_dict().items()},
            folder / "scorer.safetensors",
        )
        labels = {"nouns": self.nouns, "styles": self.styles, "colors": self.colors}
        (folder / "labels.json").write_text(json.dumps(labels, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        labels = json.loads((folder / "labels.json").read_text())
        model = cls(**labels)
        model.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in load_file(folder / "scorer.safetensors").items()}
        )
        return model.eval()


def shipped_scorer(portfolio: Portfolio, backbone: str) -> Scorer:
    """Of a family. Raises BadInput for one without a scorer."""
    folder = portfolio.backbone(backbone).folder / "scorer"
    if not folder.is_dir():
        raise BadInput(f"{backbone} has no scorer.", "Measure a family that ships one.")
    return Scorer.load(folder)

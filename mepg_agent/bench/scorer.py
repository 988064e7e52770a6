"""The judge of the benchmarks: a small residual network, of another kind and seed than the verifier of the loop.

It says which noun and which style a crop shows. It knows nothing of prompts or plans.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import ResNetConfig, ResNetModel

SIZE = 64  # pixels of a crop


class Scorer(nn.Module):
    """`forward`: crops (n, 3, 64, 64) in -1..1 -> noun logits (n, nouns), style logits (n, styles)."""

    def __init__(self, nouns: list[str], styles: list[str]) -> None:
        super().__init__()
        self.nouns, self.styles = nouns, styles
        config = ResNetConfig(
            embedding_size=32, hidden_sizes=[48, 96, 160, 224], depths=[2, 2, 2, 2], layer_type="basic"
        )
        self.trunk = ResNetModel(config)
        self.noun = nn.Linear(224, len(nouns))
        self.style = nn.Linear(224, len(styles))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(pixels).pooler_output.flatten(1)
        return self.noun(features), self.style(features)

    @torch.inference_mode()
    def judge(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities of nouns, averaged over the crop and its mirror image, and of styles, from the crop as it is:
        the light on paper and oil paint falls from one side."""
        (nouns, styles), (mirrored, _) = self(pixels), self(pixels.flip(-1))
        return (F.softmax(nouns.float(), -1) + F.softmax(mirrored.float(), -1)) / 2, F.softmax(styles.float(), -1)

    def digest(self) -> str:
        """sha256 of its weights: what tells the judge of one run from that of another."""
        return sha256(b"".join(value.numpy().tobytes() for value in self.state_dict().values())).hexdigest()

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {k: v.half().contiguous() if v.is_floating_point() else v for k, v in self.state_dict().items()},
            folder / "scorer.safetensors",
        )
        (folder / "labels.json").write_text(json.dumps({"nouns": self.nouns, "styles": self.styles}, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        labels = json.loads((folder / "labels.json").read_text())
        model = cls(labels["nouns"], labels["styles"])
        model.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in load_file(folder / "scorer.safetensors").items()}
        )
        return model.eval()

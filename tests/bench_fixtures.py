"""Scorers that are no networks, for tests of what the benchmarks make of what is seen."""

from __future__ import annotations

import torch

from mepg_agent.bench.scorer import Answers, Scorer


class ByColor(Scorer):
    """Calls a reddish square "red" and of the first style, a bluish one "blue" and of the second, the surer the more of
    it."""

    def __init__(self, styles: tuple[str, str] = ("flat", "ink")) -> None:
        super().__init__(["red", "blue"], list(styles), ["red", "blue"])

    def judge(self, pixels: torch.Tensor) -> Answers[torch.Tensor]:
        share = torch.softmax(pixels.mean((2, 3))[:, [0, 2]] * 4, 1)
        return Answers(share, share, share)


class Guessing(Scorer):
    """Sees some noun or other in every colour, the same one in the same colour."""

    def judge(self, pixels: torch.Tensor) -> Answers[torch.Tensor]:
        mean = pixels.mean((2, 3))
        nouns = torch.sin(mean @ torch.arange(1, 3 * len(self.nouns) + 1).reshape(3, -1).float() * 7)
        styles = torch.sin(mean @ torch.arange(1, 3 * len(self.styles) + 1).reshape(3, -1).float() * 5)
        return Answers(torch.softmax(nouns * 9, 1), torch.softmax(styles * 9, 1), pixels.mean((2, 3)))

"""A CLIP-like model looks at one region at a time and names what it sees.

CLIP reads a text as a bag of words (it rates "red cube, blue cylinder" and its swap alike; Yuksekgonul et al.,
arXiv 2210.01936), so it is shown crops of one thing each, and asked one question each: which noun, which style, which
colour. An answer is a softmax over all the words that could have been meant (zero-shot classification, Radford et al.,
arXiv 2103.00020, section 3.1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mepg_agent.english import article
from mepg_agent.loading import readable
from mepg_agent.portfolio import Vocabulary
from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.scene import Region, ScenePlan
from mepg_agent.verify.base import Pixels
from mepg_agent.verify.crops import GROWN, PARTS, part_crops, square_crop

if TYPE_CHECKING:
    import torch

DEFAULT_THRESHOLDS = {"present": 0.5, "style": 0.5, "color": 0.5, "leak": 0.5}
REMEMBERED = 2000  # texts whose embeddings are kept; a picture asks about some hundreds
VIEWS = (1.0, GROWN, 1.4)  # sides of the squares that are looked at, in longer sides of the region
BESIDE = 0.15  # a region that covers less of another one than this has no business being seen there
# Without a closed vocabulary a noun competes with the plan's other nouns and with pictures of nothing in particular.
NOTHING = ("an empty background", "a blurry texture", "random noise")
Likely = dict[str, float]  # word to probability, likeliest first


class ClipVerifier:
    """Any folder (or hub id) that holds a transformers model with CLIP's interface (CLIPModel, SiglipModel,
    VisionTextDualEncoderModel) and its tokenizer."""

    def __init__(
        self,
        folder: Path | str,
        thresholds: Mapping[str, float],
        vocabulary: Vocabulary | None,
        styles: Mapping[str, str],
        style_prompt: str = "{style} {prompt}",
        device: str = "cpu",
    ) -> None:
        """`thresholds` by check ("present", "style", "color", "leak"), probabilities 0..1; missing ones are 0.5.
        `styles` maps every phrase that names a style to its word in captions, `style_prompt` says how that goes in.

        Raises BrokenAsset for a folder that does not hold such a model.
        """
        self.thresholds = {**DEFAULT_THRESHOLDS, **thresholds}
        self.vocabulary, self.styles, self.style_prompt, self.device = vocabulary, dict(styles), style_prompt, device
        self._model, self._tokenizer, (self._mean, self._std) = _load(folder, device)
        self._texts: dict[str, NDArray[np.float32]] = {}

    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        """PRESENT for every region, STYLE and COLOR where they were asked for, LEAK where another region could leak.

        POSITION has no check of its own: a thing is looked for in its own box, so PRESENT says that it is there.
        """
        if not plan.regions:
            return Verdict(findings=())
        crops = [crop for r in plan.regions for crop in _views(image, r)]
        every = self._embed_images(crops).reshape(len(plan.regions), len(VIEWS) + len(PARTS), -1)
        findings: list[Finding] = []
        for region, views in zip(plan.regions, every, strict=True):
            findings += self._look(region, views, plan)
        return Verdict(findings=tuple(findings))

    def _look(self, region: Region, views: NDArray[np.float32], plan: ScenePlan) -> list[Finding]:
        """`views` as `_views` cuts them. A part of a thing says what it is painted with, not what it is."""
        whole = views[: len(VIEWS)]
        nouns = self._nouns(region, whole, plan)
        findings = [self._finding(region, Check.PRESENT, nouns, region.noun)]
        style = self._style_of(region, plan)
        styles: Likely = {}
        if style is not None:
            styles = self._answer(views, {s: self._styled(s, region.noun) for s in self.styles.values()})
            findings.append(self._finding(region, Check.STYLE, styles, style))
        colors = self.vocabulary.colors if self.vocabulary else ()
        if region.color in colors:
            shades = self._answer(whole, {c: article(f"{c} {region.noun}") for c in colors})
            findings.append(self._finding(region, Check.COLOR, shades, region.color))
        leak = self._leak(region, plan, nouns, styles)
        return findings if leak is None else [*findings, leak]

    def _nouns(self, region: Region, views: NDArray[np.float32], plan: ScenePlan) -> Likely:
        """How likely each noun is what the region shows. Things that overlap the region may be seen there: left out."""
        seen_here = {r.noun for r in plan.regions if r.box.overlap(region.box) > 0} - {region.noun}
        known = self.vocabulary.nouns if self.vocabulary else {r.noun for r in plan.regions}
        texts = {noun: article(noun) for noun in {region.noun: None, **dict.fromkeys(known)} if noun not in seen_here}
        if self.vocabulary is None:
            texts |= {words: words for words in NOTHING}
        return self._answer(views, texts)

    def _leak(self, region: Region, plan: ScenePlan, nouns: Likely, styles: Likely) -> Finding | None:
        """Whether the noun or the style of a region elsewhere is what is seen here."""
        own_style = self._style_of(region, plan)
        beside = [r for r in plan.regions if r.id != region.id and region.box.covered_by(r.box) < BESIDE]
        strange = {r.noun: nouns[r.noun] for r in beside if r.noun != region.noun and r.noun in nouns}
        strange |= {s: styles[s] for r in beside if (s := self._style_of(r, plan)) in styles and s != own_style}
        if not strange:
            return None
        word = max(strange, key=lambda w: strange[w])
        score, threshold = 1 - strange[word], 1 - self.thresholds["leak"]
        evidence = f"likeliest of what belongs elsewhere: {word} {strange[word]:.2f}"
        return Finding(
            region=region.id,
            check=Check.LEAK,
            passed=score >= threshold,
            score=score,
            threshold=threshold,
            evidence=evidence,
        )

    def _finding(self, region: Region, check: Check, likely: Likely, wanted: str | None) -> Finding:
        score, threshold = likely[wanted or ""], self.thresholds[check.value]
        top = ", ".join(f"{word} {p:.2f}" for word, p in list(likely.items())[:3])
        return Finding(
            region=region.id,
            check=check,
            passed=score >= threshold,
            score=score,
            threshold=threshold,
            evidence=f"looks most like: {top}"
            if wanted in list(likely)[:3]
            else f"looks most like: {top}; {wanted} {score:.2f}",
        )

    def _style_of(self, region: Region, plan: ScenePlan) -> str | None:
        """The style a region should show: its expert's, else the one named for it or for the whole picture."""
        named = region.expert or region.style or plan.style
        return self.styles.get(named.casefold()) if named else None

    def _styled(self, style: str, noun: str) -> str:
        return self.style_prompt.format(style=style, prompt=article(noun))

    def _answer(self, views: NDArray[np.float32], texts: Mapping[str, str]) -> Likely:
        """Softmax over `texts` (word to caption) of their similarity to a view's embedding; the mean of all `views`."""
        logits = self._embed_texts(tuple(texts.values())) @ views.T
        chances = np.exp(logits - logits.max(0))
        chances = (chances / chances.sum(0)).mean(1)
        return dict(sorted(zip(texts, chances.tolist(), strict=True), key=lambda pair: -pair[1]))

    def _embed_texts(self, texts: tuple[str, ...]) -> NDArray[np.float32]:
        """Unit embeddings times the model's logit scale, (texts, dim)."""
        return np.stack([self._embed_text(text) for text in texts])

    def _embed_text(self, text: str) -> NDArray[np.float32]:
        """Alone, for a verdict must not depend on which texts it shares a batch with; and as a rule once."""
        import torch

        if text not in self._texts:
            while len(self._texts) >= REMEMBERED:
                del self._texts[next(iter(self._texts))]
            # SigLIP learned from texts of full length and reads its padding; it has no attention mask.
            full = self._model.config.model_type.startswith("siglip")
            padding = "max_length" if full else False
            tokens = self._tokenizer([text], padding=padding, truncation=True, return_tensors="pt").to(self.device)
            read = {} if full else {"attention_mask": tokens["attention_mask"]}
            with torch.inference_mode():
                out = self._model.get_text_features(input_ids=tokens["input_ids"], **read)
                scaled = _unit(out.pooler_output) * self._model.logit_scale.exp()
            self._texts[text] = scaled[0].cpu().numpy()
        return self._texts[text]

    def _embed_images(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        """Unit embeddings, (crops, dim)."""
        import torch

        side = self._model.config.vision_config.image_size
        resized = [np.asarray(c.resize((side, side), Image.Resampling.BICUBIC), np.float32) for c in crops]
        pixels = ((np.stack(resized) / 255 - self._mean) / self._std).transpose(0, 3, 1, 2)
        with torch.inference_mode():
            tensor = torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).to(self.device)
            # One at a time: a crop's score must not depend on which crops it shares a batch with.
            return np.stack(
                [_unit(self._model.get_image_features(one[None]).pooler_output)[0].cpu().numpy() for one in tensor]
            )


def _views(image: Pixels, region: Region) -> list[Image.Image]:
    """The whole region at each of VIEWS, then its PARTS."""
    return [*(square_crop(image, region.box, grown) for grown in VIEWS), *part_crops(image, region.box)]


def _unit(embeddings: torch.Tensor) -> torch.Tensor:
    return embeddings / embeddings.norm(dim=-1, keepdim=True)


def _load(folder: Path | str, device: str) -> tuple[Any, Any, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The model, its tokenizer, and how it wants colours normalised."""
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    import mepg_agent.verify.tower  # noqa: F401  AutoModel builds only classes that are already known

    disable_progress_bar()  # it would run through the caller's own progress
    with readable(folder, "CLIP model", "Restore the verifier's folder."):
        model: Any = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
        if not all(hasattr(model, part) for part in ("get_image_features", "get_text_features", "logit_scale")):
            raise ValueError(f"a {type(model).__name__} does not compare pictures with words")
        return model.to(device).eval(), AutoTokenizer.from_pretrained(folder), _normalisation(folder)


def _normalisation(folder: Path | str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of the channels, from preprocessor_config.json; 0.5 where there is none."""
    from transformers.utils.hub import cached_file

    file = cached_file(folder, "preprocessor_config.json", _raise_exceptions_for_missing_entries=False)
    said = json.loads(Path(file).read_text(encoding="utf-8")) if file else {}
    half = [0.5, 0.5, 0.5]
    mean, std = (np.array(said.get(name, half), np.float32) for name in ("image_mean", "image_std"))
    return np.broadcast_to(mean, 3), np.broadcast_to(std, 3)

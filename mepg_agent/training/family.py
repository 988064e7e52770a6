"""Train the whole picturebook family within a given number of minutes: `python -m mepg_agent.training.family`.

Scenes are composed by worker processes while the models train. Every stage resumes from its checkpoint, and a stage whose
result is already in the output folder is not trained again. Weights are written in half precision and in small shards.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, ModelMixin, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPModel, CLIPTextModel, CLIPTokenizer, PreTrainedModel

from mepg_agent.bench.scorer import Scorer
from mepg_agent.training import autoencoder, denoiser, experts, imagetext, scorer, sheets
from mepg_agent.training.loop import Budget
from mepg_agent.training.pool import Pool, Source, all_styles

SHARD = "12MB"
SHARES = {"imagetext": 0.09, "autoencoder": 0.19, "scorer": 0.03, "denoiser": 0.50, "experts": 0.19}
HELD_OUT = 1024  # the pool's first scenes are never trained on by the denoiser; PSNR and accuracies are taken there


@dataclass(frozen=True)
class Plan:
    """Sizes of a run. The tiny one exists so that every line of this file is tested on a CPU."""

    minutes: float
    scenes: int = 300_000
    workers: int = 15
    unet: tuple[int, ...] = (96, 160, 256)
    clip: int = 256
    channels: int = 64
    ae_batch: int = 64
    clip_batch: int = 768
    scorer_batch: int = 512
    unet_batch: int = 512
    expert_batch: int = 128
    first_scenes: int = 6_000  # training starts when these are there
    compile: bool = True
    seed: int = 0

    def budget(self, stage: str, parts: int = 1) -> Budget:
        return Budget(minutes=self.minutes * SHARES[stage] / parts)


def tiny(minutes: float) -> Plan:
    return Plan(
        minutes, scenes=1152, workers=2, unet=(32, 64), clip=64, channels=16, ae_batch=2, clip_batch=16, scorer_batch=16,
        unet_batch=4, expert_batch=2, first_scenes=64, compile=False,
    )  # fmt: skip


class Family:
    """The stages in order, each loaded from `out` when it is there, else trained."""

    def __init__(self, plan: Plan, source: Source, out: Path, device: torch.device) -> None:
        self.plan, self.source, self.out, self.device = plan, source, out, device
        self.runs = out / "runs"
        self.tokenizer = CLIPTokenizer.from_pretrained(source.tokenizer)
        self.started = time.monotonic()
        self.pool = Pool(source, plan.scenes, device, imagetext.TOKENS, plan.workers)

    def say(self, **values: object) -> None:
        line = json.dumps({"at": round(time.monotonic() - self.started), "pool": self.pool.count, **values})
        print(line, flush=True)
        with (self.out / "family.log.jsonl").open("a") as log:
            log.write(line + "\n")

    def train(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        self.pool.wait(self.plan.first_scenes)
        self.say(stage="start")
        clip = self.image_text()
        vae = self.autoencoder()
        self.judge(clip)
        self.pool.wait(self.plan.scenes // 2)
        self.pool.stop()
        plain, styled = self.codes(vae)
        text = clip.text_model
        unet = self.denoiser(plain, text)
        pipe = self.pipeline(vae, text, unet)
        self.styles(pipe, styled)
        self.say(stage="done")

    def image_text(self) -> CLIPModel:
        folder = self.out / "verifier"
        if (folder / "config.json").exists():
            return CLIPModel.from_pretrained(folder, dtype=torch.float32).to(self.device)
        model = imagetext.build(self.tokenizer, width=self.plan.clip)
        model = imagetext.train(
            self.pool, self.tokenizer, self.runs, self.plan.budget("imagetext"), self.plan.clip_batch, model
        )
        _ship(model, folder)
        self.tokenizer.save_pretrained(folder)
        return model

    def autoencoder(self) -> AutoencoderTiny:
        folder = self.out / "pipeline" / "vae"
        if (folder / "config.json").exists():
            return AutoencoderTiny.from_pretrained(folder, dtype=torch.float32).to(self.device)
        vae = autoencoder.train(
            self.pool, self.runs, self.plan.budget("autoencoder"), self.plan.ae_batch,
            channels=self.plan.channels, compile=self.plan.compile,
        )  # fmt: skip
        factor = autoencoder.standardise(vae, self.pool)
        _ship(vae, folder)
        images = self.pool.image[:256]
        plain = self.pool.style[:256] < 0
        self.say(
            stage="autoencoder",
            factor=factor,
            psnr=autoencoder.psnr(vae, images[plain]),
            styled=autoencoder.psnr(vae, images[~plain]),
        )
        sheets.reconstructions(vae, images[:16], self.out / "autoencoder.png")
        return vae

    def judge(self, clip: CLIPModel) -> None:
        if not (self.out / "scorer" / "labels.json").exists():
            model = scorer.train(self.pool, self.runs, self.plan.budget("scorer"), self.plan.scorer_batch)
            model.save(self.out / "scorer")
        model = Scorer.load(self.out / "scorer").to(self.device)
        noun, style = scorer.accuracy(model, self.pool, torch.arange(HELD_OUT, device=self.device))
        verifier = imagetext.accuracy(clip, self.tokenizer, self.pool, torch.arange(HELD_OUT, device=self.device))
        self.say(stage="scorer", noun=noun, style=style, verifier=verifier)

    def codes(self, vae: AutoencoderTiny) -> tuple[denoiser.Codes, dict[str, denoiser.Codes]]:
        """Codes of plain scenes for the denoiser, and of each style for its expert; frees the pictures."""
        count = self.pool.count
        rows = torch.arange(HELD_OUT, count, device=self.device)
        plain = denoiser.encode(self.pool, vae, rows[self.pool.style[rows] < 0])
        styles = all_styles(self.source.vocabulary())
        looks = self.pool.labels[:count, :, 1]
        uniform = ((looks == looks[:, :1]) | (looks < 0)).all(1)
        styled = {}
        for i, style in enumerate(styles):
            made = self.pool.style[:count] == i
            shown = made if bool(made.any()) else uniform & (looks[:, 0] == i) & (self.pool.style[:count] < 0)
            styled[style] = denoiser.encode(self.pool, vae, shown.nonzero()[:, 0][:20_000])
        self.say(stage="encoded", plain=len(plain.latents), **{k: len(v.latents) for k, v in styled.items()})
        del self.pool.image
        return plain, styled

    def denoiser(self, codes: denoiser.Codes, text: CLIPTextModel) -> UNet2DConditionModel:
        folder = self.out / "pipeline" / "unet"
        if (folder / "config.json").exists():
            return UNet2DConditionModel.from_pretrained(folder, dtype=torch.float32).to(self.device)
        unet = denoiser.build(self.plan.unet, text=self.plan.clip, sample=codes.latents.shape[-1])
        unet = denoiser.train(
            codes, text, self.empty(), self.runs, self.plan.budget("denoiser"), self.plan.seed, self.plan.unet_batch,
            unet=unet, compile=self.plan.compile,
        )  # fmt: skip
        _ship(unet, folder)
        return unet

    def pipeline(
        self, vae: AutoencoderTiny, text: CLIPTextModel, unet: UNet2DConditionModel
    ) -> StableDiffusionPipeline:
        """Save the plain diffusers folder and draw the sheets."""
        pipe = StableDiffusionPipeline(
            vae=vae, text_encoder=text, tokenizer=self.tokenizer, unet=unet, scheduler=denoiser.sampler(),
            safety_checker=None, feature_extractor=None, requires_safety_checker=False,  # type: ignore[arg-type]
        )  # fmt: skip
        folder = self.out / "pipeline"
        for name in ("tokenizer", "scheduler"):
            getattr(pipe, name).save_pretrained(folder / name)
        _ship(text, folder / "text_encoder")
        pipe.save_config(folder)
        pipe.set_progress_bar_config(disable=True)
        for guidance in (2.0, 4.0, 7.0):
            sheets.prompts(pipe, sheets.PROMPTS, self.out / f"sheet-{guidance:.0f}.png", guidance)
        self.say(stage="pipeline")
        return pipe

    def styles(self, pipe: StableDiffusionPipeline, styled: dict[str, denoiser.Codes]) -> None:
        for i, (style, codes) in enumerate(reversed(styled.items())):
            target = self.out / style
            if not (target / "adapter.safetensors").exists():
                experts.train(
                    style, pipe.unet, codes, pipe.text_encoder, self.empty(), self.out,
                    self.plan.budget("experts", len(styled)), self.plan.seed + 100 + i, self.plan.expert_batch,
                )  # fmt: skip
            pipe.load_lora_weights(target, weight_name="adapter.safetensors", adapter_name=style)
            sheets.prompts(pipe, [f"{p}, {style} style" for p in sheets.SIX], target / "sheet.png", 4.0)
            pipe.unload_lora_weights()
            self.say(stage="expert", style=style)

    def empty(self) -> Tensor:
        ids = self.tokenizer([""], padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
        return ids[0].to(self.device)


def _ship(model: ModelMixin | PreTrainedModel, folder: Path) -> None:
    """Write the weights in half precision, in small shards; the model goes on in single precision."""
    model.half().save_pretrained(folder, max_shard_size=SHARD)
    model.float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True, help="training time for all stages together")
    parser.add_argument("--out", type=Path, default=Path("runs/family"))
    parser.add_argument("--data", type=Path, default=Path("train-data/sprites.npz"), help="made by `make train-data`")
    parser.add_argument("--experts", type=Path, default=Path("experts"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--scenes", type=int, default=300_000, help="scenes kept on the device")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes: try the whole run on a CPU")
    options = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    torch.set_float32_matmul_precision("high")
    plan = tiny(options.minutes) if options.tiny else Plan(options.minutes, options.scenes)
    source = Source(
        options.data, options.experts, options.experts / "picturebook" / "pipeline" / "tokenizer", plan.seed
    )
    Family(plan, source, options.out, torch.device(options.device)).train()


if __name__ == "__main__":
    main()

"""The denoiser: diffusers' UNet2DConditionModel on codes of whole scenes, and the text tower that conditions it.

The text tower comes knowing its words (`training/words.py`) and goes on learning beside the denoiser, as in latent
diffusion (arXiv 2112.10752). Lessons of one thing come first, whole scenes later.

It predicts the clean code; the loss is that of the velocity (arXiv 2202.00512), on a variance-preserving schedule with
zero terminal signal (arXiv 2305.08891). Timesteps are drawn densest where shapes are decided; 10% of captions are
dropped for classifier-free guidance; the weights that ship are a moving average.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler, DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.training import regional, sheets
from mepg_agent.training.config import DenoiserConfig, arguments, read
from mepg_agent.training.crew import Crew
from mepg_agent.training.crops import HELD_OUT
from mepg_agent.training.draws import halved, integers, normal, of_parts, uniform
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import CAPTIONS, SHARD, Pool, Source, to_float

SCHEDULE: dict[str, Any] = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "prediction_type": "sample",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
    "steps_offset": 1,
}
DROPOUT = 0.1
ALONE, MIXED = 0.3, 0.5  # lessons alone up to that part of the budget; from there fewer, to the share in the end
REGIONAL = 0.5  # of the steps on scenes: every thing told in its box
PER_SCENE = 3  # lessons in the time of one scene
MAX_WEIGHT = 6.0  # of the velocity loss in terms of the clean code: 1 / sigma² grows without bound as noise vanishes


Batch = tuple[Tensor, Mapping[str, Any]]  # clean codes (n, c, h, w), and how the denoiser is told of them
Hear = Callable[["Drawer", int, Tensor, torch.Generator], tuple[Tensor, Tensor]]  # rows, and states of their texts


def build(
    widths: tuple[int, ...] = (64, 160, 256),
    attention: tuple[bool, ...] = (False, True, True),
    latent: int = 16,
    text: int = 192,
    sample: int = 32,
) -> UNet2DConditionModel:
    """`attention` says at which resolutions texts and other positions are heard, finest first."""
    heads: Any = tuple(max(w // 32, 1) for w in widths)
    kinds = [("CrossAttn" if each else "") for each in attention]
    return UNet2DConditionModel(
        sample_size=sample,
        in_channels=latent,
        out_channels=latent,
        block_out_channels=widths,
        layers_per_block=1,
        down_block_types=tuple(f"{kind}DownBlock2D" for kind in kinds),
        up_block_types=tuple(f"{kind}UpBlock2D" for kind in reversed(kinds)),
        cross_attention_dim=text,
        attention_head_dim=heads,  # diffusers' name for the number of heads
        use_linear_projection=True,
        norm_num_groups=16,
    )


def sampler() -> DPMSolverMultistepScheduler:
    return DPMSolverMultistepScheduler(**SCHEDULE, algorithm_type="dpmsolver++", solver_order=2)


@dataclass
class Codes:
    """Encoded scenes: latents (n, c, h, w) half precision, unit scale; token ids (n, captions, tokens)."""

    latents: Tensor
    ids: Tensor


def plain_rows(pool: Pool) -> Tensor:
    """The pool's scenes that are in no style as a whole; the held-out ones are left alone."""
    rows = torch.arange(HELD_OUT, len(pool))
    return rows[pool.style[HELD_OUT:] < 0]


def encoded(pool: Pool, rows: Tensor, vae: PatchAutoencoder, tokenizer: CLIPTokenizer) -> Codes:
    """Codes of `rows`, in that order, on the autoencoder's device."""
    latents = torch.cat([encode(vae, pool.pictures(chunk)) for chunk in rows.split(SHARD)])
    texts = [text for row in rows.tolist() for text in pool.texts[row]]
    ids = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    return Codes(latents, ids.view(len(rows), CAPTIONS, -1).short().to(latents.device))


@torch.no_grad()
def encode(vae: PatchAutoencoder, images: Tensor) -> Tensor:
    """uint8 pictures -> half-precision codes of unit scale."""
    return (vae.code(to_float(images.to(vae.device))) * vae.config["scaling_factor"]).half()


def timesteps(n: int, levels: int, generator: torch.Generator) -> Tensor:
    """Stratified draws, half uniform, half logit-normal around 0.6 of the way to pure noise."""
    strata = (torch.arange(n, device=generator.device) + uniform((n,), generator)) / n
    dense = torch.sigmoid(0.4 + torch.erfinv((2 * strata - 1).clamp(-0.999, 0.999)) * 2**0.5)
    share = uniform((n,), generator) < 0.5
    return (torch.where(share, dense, strata) * levels).long().clamp(max=levels - 1)


def loss(
    unet: Any, schedule: DDPMScheduler, batch: Batch, generator: torch.Generator, counts: Tensor | None = None
) -> Tensor:
    """Squared error of what the family predicts: noise, velocity, or the clean code (then weighed as the velocity).
    `counts` (n, 1, h, w) is how much each position counts, beside the others of the batch; all the same when None."""
    clean, told = batch
    noise = normal(clean.shape, generator)
    step: Any = timesteps(len(clean), len(schedule.alphas_cumprod), generator)
    noisy = schedule.add_noise(clean, noise, step).to(unet.dtype)
    predicted = unet(noisy, step, **told).sample.float()
    kind = schedule.config["prediction_type"]
    if kind == "sample":
        level = schedule.alphas_cumprod[step][:, None, None, None]
        off = (1 / (1 - level)).clamp(max=MAX_WEIGHT) * (predicted - clean).square()
    else:
        wanted = noise if kind == "epsilon" else schedule.get_velocity(clean, noise, step)
        off = (predicted - wanted).square()
    return off.mean() if counts is None else (off * (counts / counts.mean())).mean()


def caption_ids(codes: Codes, rows: Tensor, empty: Tensor, generator: torch.Generator) -> Tensor:
    """One caption of each scene, a tenth of them replaced by the empty one."""
    which = integers(codes.ids.shape[1], rows.shape, generator)
    dropped = uniform(rows.shape, generator) < DROPOUT
    return torch.where(dropped[:, None], empty, codes.ids[rows, which].long())


def empty_ids(tokenizer: CLIPTokenizer) -> Tensor:
    return tokenizer([""], padding="max_length", truncation=True, return_tensors="pt")["input_ids"][0]


def lessons(progress: float, end: float, knowing: bool = False) -> float:
    """Share of steps on lessons at that part of the budget, 0..1; that of the end from the start where one that draws
    already goes on."""
    return end if knowing else 1 + (end - 1) * min(max(progress - ALONE, 0) / (MIXED - ALONE), 1)


class Drawer(nn.Module):
    """What trains together."""

    def __init__(self, unet: UNet2DConditionModel, text: CLIPTextModel) -> None:
        super().__init__()
        self.unet, self.text, self.ears = unet, text, regional.Ears()
        unet.set_attn_processor(regional.listening(self.ears, unet.device))

    def forward(
        self, codes: Codes, hear: Hear, batch: int, empty: Tensor, schedule: DDPMScheduler, generator: torch.Generator
    ) -> Tensor:
        """The loss of `batch` of the codes, told as `hear` tells them."""
        rows, text = hear(self, batch, empty, generator)
        return loss(self.unet, schedule, (codes.latents[rows].float(), {"encoder_hidden_states": text}), generator)


def train(
    drawer: Drawer,
    scenes: Future[tuple[Codes, regional.Told]],
    pieces: Codes,
    empty: Tensor,
    folder: Path,
    config: DenoiserConfig,
    budget: Budget,
    seed: int = 0,
    knowing: bool = False,
) -> None:
    """`scenes` are all of them, and told region by region; until they are there, `pieces`, the lessons, stand in.
    `empty` are the ids of the caption that says nothing; `knowing`: it can draw already."""
    peak = config.peak
    groups = [{"params": drawer.unet.parameters()}, {"params": drawer.text.parameters(), "scale": 0.5}]
    optimizer = torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    run = Run("denoiser", folder, drawer, optimizer, budget, peak=peak, ema_decay=0.998)
    crew = Crew(drawer, config.parts)
    generators, choice = of_parts(seed + run.step, config.parts, empty.device)
    schedule = DDPMScheduler(**SCHEDULE)

    def value(codes: Codes, hear: Hear, batch: int, model: Drawer, part: int) -> Tensor:
        share, generator = batch // config.parts, generators[part]
        return halved(model, config.bfloat16, codes, hear, share, empty, schedule, generator)

    for _ in run:
        share = lessons(budget.progress(run.step, run.seconds), config.lessons, knowing)
        lesson, parted = (torch.rand(2, generator=choice) < torch.tensor([share, REGIONAL])).tolist()
        if lesson or not scenes.done():
            kind, codes, hear, batch = "lesson", pieces, partial(captions, pieces), config.batch * PER_SCENE
        else:
            codes, told = scenes.result()
            kind, batch = ("regions" if parted else "scene"), config.batch
            hear = partial(regions, told) if parted else partial(captions, codes)
        run.note(**{kind: crew.backward(partial(value, codes, hear, batch))})
        run.follow()
    drawer.load_state_dict(run.averaged())
    drawer.unet.set_attn_processor(AttnProcessor2_0())


def captions(
    codes: Codes, model: Drawer, batch: int, empty: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Rows of scenes and the states of a caption each."""
    rows = integers(len(codes.latents), (batch,), generator)
    model.ears.biases = {}
    return rows, model.text(caption_ids(codes, rows, empty, generator)).last_hidden_state


def regions(
    told: regional.Told, model: Drawer, batch: int, empty: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Rows of scenes and the states of all their prompts, one after the other; where each is heard goes to the ears.

    The text tower learns from captions alone: it would cost four times as much here.
    """
    chosen = integers(len(told.rows), (batch,), generator)
    ids, boxes = regional.batch(told, chosen, empty, DROPOUT, generator)
    shares = regional.weights(boxes, told.there[chosen], model.unet.config["sample_size"])
    model.ears.biases = regional.biases(shares, ids.shape[-1], len(model.unet.config["block_out_channels"]))
    with torch.no_grad():
        states = model.text(ids.flatten(0, 1)).last_hidden_state
    return told.rows[chosen], states.unflatten(0, ids.shape[:2]).flatten(1, 2)


def scenes_of(
    source: Source, count: int, vae: PatchAutoencoder, tokenizer: CLIPTokenizer
) -> tuple[Codes, regional.Told]:
    """All scenes of the source, as soon as `count` are there: their codes, and them region by region."""
    pool = Pool(source)
    pool.wait(count)
    rows = plain_rows(pool)
    return encoded(pool, rows, vae, tokenizer), regional.told(pool, rows, tokenizer).to(vae.device)


def pipeline(
    vae: PatchAutoencoder, text: CLIPTextModel, tokenizer: CLIPTokenizer, unet: UNet2DConditionModel
) -> StableDiffusionPipeline:
    parts: dict[str, Any] = {
        "vae": vae,
        "text_encoder": text,
        "tokenizer": tokenizer,
        "unet": unet,
        "scheduler": sampler(),
    }
    absent: dict[str, Any] = {"safety_checker": None, "feature_extractor": None}
    pipe = StableDiffusionPipeline(**parts, **absent, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--sheet", action="store_true", help="only draw a sheet with the newest checkpoint's average")
    parser.add_argument("--start", type=Path, help="a pipeline folder whose denoiser and text tower to go on from")
    options = parser.parse_args()
    config, device = read(options.config), options.device
    vae = PatchAutoencoder.from_pretrained(config.out / "vae").to(device)
    tokenizer = CLIPTokenizer.from_pretrained(config.data.tokenizer)
    torch.manual_seed(config.data.seed + 2)
    sizes, side = config.denoiser, config.data.size // config.autoencoder.patch
    unet = build(sizes.widths, sizes.attention, vae.config["latent_channels"], config.words.width, side)
    drawer = Drawer(unet.to(device), CLIPTextModel.from_pretrained(config.out / "text_encoder").float().to(device))
    if options.start:
        drawer.unet.load_state_dict(UNet2DConditionModel.from_pretrained(options.start / "unet").float().state_dict())
        drawer.text.load_state_dict(CLIPTextModel.from_pretrained(options.start / "text_encoder").float().state_dict())
    if options.sheet:
        state = torch.load(config.out / "runs" / "denoiser.checkpoint.pt", weights_only=True)
        drawer.load_state_dict(state["average"])
        print({k: state[k] for k in ("step", "seconds")})
    else:
        if sizes.parts > 1:
            torch.set_num_threads(1)
        lessons_pool = Pool(Source.lessons_of(config.data))
        lessons_pool.wait(config.data.lessons)
        pieces = encoded(lessons_pool, plain_rows(lessons_pool), vae, tokenizer)
        with ThreadPoolExecutor(1) as beside:
            scenes = beside.submit(scenes_of, Source.of(config.data), config.data.scenes, vae, tokenizer)
            train(
                drawer, scenes, pieces, empty_ids(tokenizer).to(device), config.out / "runs", sizes,
                Budget(minutes=sizes.minutes), knowing=bool(options.start),
            )  # fmt: skip
    vae = PatchAutoencoder.from_pretrained(config.out / "vae").to(device)  # its decoder may have learned meanwhile
    pipe = pipeline(vae, drawer.text.eval(), tokenizer, drawer.unet.eval())
    pipe.save_pretrained(config.out / "pipeline")
    sheets.prompts(pipe, sheets.PROMPTS, config.out / "sheet.png", guidance=3.0)


if __name__ == "__main__":
    main()

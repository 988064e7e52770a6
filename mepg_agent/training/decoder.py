"""The decoder's last lessons: codes as the denoiser leaves them, beside the pictures they stand for.

`python -m mepg_agent.training.decoder`, after the denoiser. A code that was noised part of the way and denoised again
has the errors of drawn codes and still belongs to a picture that is known (as in SDEdit, arXiv 2108.01073), so the
decoder learns which errors to put right: torn outlines, the grid of the patches, colours that drift.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from torch import Tensor

from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.errors import BadInput
from mepg_agent.training import sheets
from mepg_agent.training.autoencoder import loss, pieces, report
from mepg_agent.training.config import AutoencoderConfig, arguments, read
from mepg_agent.training.crops import HELD_OUT
from mepg_agent.training.denoiser import encode, plain_rows
from mepg_agent.training.draws import integers, normal
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, Source

STEPS = 20
BACK = range(1, 9)  # steps of STEPS that a code is noised by: from a breath to where shapes begin to give way
CHUNK = 32


@torch.no_grad()
def returned(
    pipe: Any, codes: Tensor, texts: list[str], back: int, guidance: float, generator: torch.Generator
) -> Tensor:
    """Unit-scale codes (n, c, h, w), noised by the last `back` of STEPS steps and denoised again as `texts` say."""
    scheduler: Any = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(STEPS, device=codes.device)
    scheduler.set_begin_index(STEPS - back)
    steps = scheduler.timesteps[STEPS - back :]
    ids = pipe.tokenizer([""] * len(texts) + texts, padding="max_length", truncation=True, return_tensors="pt")
    states = pipe.text_encoder(ids["input_ids"].to(codes.device)).last_hidden_state
    latents = scheduler.add_noise(codes, normal(codes.shape, generator), steps[:1].expand(len(codes)))
    for step in steps:
        bare, told = pipe.unet(torch.cat([latents, latents]), step, encoder_hidden_states=states).sample.chunk(2)
        latents = scheduler.step(bare + guidance * (told - bare), step, latents).prev_sample
    return latents


def drawn(pipe: Any, pool: Pool, rows: Tensor, guidance: float, generator: torch.Generator) -> Tensor:
    """Half-precision codes of the scenes `rows` as the denoiser leaves them, unit scale."""
    out = []
    for chunk in rows.split(CHUNK):
        back = BACK[int(integers(len(BACK), (), generator))]
        texts = [pool.texts[row][0] for row in chunk.tolist()]
        out.append(returned(pipe, encode(pipe.vae, pool.pictures(chunk)).float(), texts, back, guidance, generator))
    return torch.cat(out).half()


def kept(pipe: Any, pool: Pool, rows: Tensor, guidance: float, generator: torch.Generator, folder: Path) -> Tensor:
    """`drawn`, once for a run that is stopped and goes on: they take as long as minutes of training."""
    first = next(pipe.unet.parameters()).detach().cpu().contiguous().numpy().tobytes()
    drawer = hashlib.sha256(first + str((len(rows), guidance)).encode()).hexdigest()[:12]
    file = folder / f"decoder.codes.{drawer}.pt"
    if file.exists():
        return torch.load(file, weights_only=True, map_location=pipe.device)
    codes = drawn(pipe, pool, rows, guidance, generator)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(codes, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)
    return codes


def train(model: PatchAutoencoder, pool: Pool, rows: Tensor, codes: Tensor, run: Run, sizes: AutoencoderConfig) -> None:
    """Half of every batch are drawn `codes` of the scenes `rows`, half are scenes of any style, coded."""
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    generator = torch.Generator(model.device).manual_seed(pool.source.seed + 7 + run.step)
    half = sizes.batch // 2
    for _ in run:
        chosen = integers(len(rows), (half,), generator)
        plain = HELD_OUT + integers(len(pool) - HELD_OUT, (sizes.batch - half,), generator)
        images, cells = pieces(model, pool, torch.cat([rows.to(chosen)[chosen], plain]), sizes.crop, generator)
        left = codes[chosen][..., *cells].float() / model.config["scaling_factor"]
        terms = loss(model, images, generator, left, sizes.bfloat16)
        run.descend(terms["loss"])
        run.note(l1=terms["l1"], l2=terms["l2"])
    model.load_state_dict(run.averaged())


def check(before: Mapping[str, float], after: Mapping[str, float], checkpoint: Path) -> None:
    """BadInput where scenes without a style came back better before the training: it can lose what was learned."""
    if not after["decoder"] >= before["decoder"]:  # nor may it be no number
        raise BadInput(
            f"The decoder got worse, {after['decoder']:.1f} dB after {before['decoder']:.1f} dB, and was not kept.",
            f"Remove {checkpoint} to begin anew, with other [decoder] minutes or another seed.",
        )


def main() -> None:
    options = arguments(__doc__).parse_args()
    config = read(options.config)
    keep_freed_memory()
    vae = PatchAutoencoder.from_pretrained(config.out / "vae")
    pipe: Any = StableDiffusionPipeline.from_pretrained(config.out / "pipeline", vae=vae, safety_checker=None)
    pipe.to(options.device, torch.float32)
    pool = Pool(Source.of(config.data))
    rows = plain_rows(pool)[: config.decoder.pictures]
    sizes, generator = config.autoencoder, torch.Generator(options.device).manual_seed(config.data.seed + 6)
    folder = config.out / "runs"
    codes, before = kept(pipe, pool, rows, config.decoder.guidance, generator, folder), report(pipe.vae, pool)
    optimizer = torch.optim.AdamW(pipe.vae.parameters(), weight_decay=0)
    run = Run("decoder", folder, pipe.vae, optimizer, Budget(minutes=config.decoder.minutes), 6e-4, 0.999)
    train(pipe.vae, pool, rows, codes, run, sizes)
    look(pipe.vae, pool, rows, codes, config.out / "decoder.png")
    after = report(pipe.vae, pool)
    print(after)
    check(before, after, run.checkpoint)
    for part in (config.out / "vae", config.out / "pipeline" / "vae"):
        pipe.vae.save_pretrained(part)


@torch.no_grad()
def look(model: PatchAutoencoder, pool: Pool, rows: Tensor, codes: Tensor, file: Path) -> None:
    """Scenes beside their drawn codes, decoded."""
    shown = torch.arange(0, len(rows), CHUNK)[:16]
    decoded = model.picture(codes[shown].float() / model.config["scaling_factor"])
    sheets.pairs(pool.pictures(rows[shown]), decoded.cpu(), file)


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        sys.exit(str(error))

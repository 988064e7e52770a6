"""The autoencoder: a PCA of patches as the encoder, then a decoder that learns what the PCA lost.

`python -m mepg_agent.training.autoencoder pca` needs some scenes and takes a minute; `… decoder` trains, resumably.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.training import sheets
from mepg_agent.training.config import arguments, read
from mepg_agent.training.crops import HELD_OUT
from mepg_agent.training.draws import integers, normal, uniform
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, Source, to_float

PCA_SCENES, ENOUGH = 1500, 6000  # scenes that are there before the PCA is made, before the decoder learns


@torch.no_grad()
def fit(model: PatchAutoencoder, pool: Pool, scenes: int) -> None:
    """Set mean and basis to the principal components of the scenes' patches, and the scaling factor to 1 / std.

    The gain takes every channel half-way (in powers) to the same spread: with none the mean colour of a patch drowns
    its details for a denoiser, with a full one faint details are as loud as shapes.
    """
    rows = torch.arange(HELD_OUT, HELD_OUT + scenes)
    dims = model.mean.numel()
    total, square, count = torch.zeros(dims, dtype=torch.float64), torch.zeros(dims, dims, dtype=torch.float64), 0
    for chunk in rows.split(50):
        patches = F.pixel_unshuffle(to_float(pool.pictures(chunk)), model.config["patch"])
        flat = patches.permute(0, 2, 3, 1).reshape(-1, dims)
        total += flat.sum(0).double()
        square += (flat.T @ flat).double()
        count += len(flat)
    mean = total / count
    values, vectors = torch.linalg.eigh(square / count - mean[:, None] * mean[None])
    kept = vectors.flip(1)[:, : model.config["latent_channels"]].T
    model.mean.copy_(mean)
    # the sign of an eigenvector is arbitrary: fix it, so that the same scenes give the same codes
    model.basis.copy_(kept * kept.sum(1, keepdim=True).sign())
    spread = values.flip(0)[: len(kept)].clamp(min=1e-12).sqrt()
    model.gain.copy_(spread**-0.5)
    model.register_to_config(scaling_factor=float(1 / spread.mean().sqrt()))


def loss(
    model: PatchAutoencoder,
    image: Tensor,
    generator: torch.Generator,
    drawn: Tensor | None = None,
    bfloat16: bool = False,
) -> dict[str, Tensor]:
    """`image`: (n, 3, h, w) in -1..1; `drawn`: other codes of the first of them; `bfloat16`: decode in it.

    Half of the codes carry a little noise.
    """
    with torch.no_grad():
        code = model.code(image)
        if drawn is not None:
            code[: len(drawn)] = drawn
        spread = (uniform((len(code), 1, 1, 1), generator) - 0.5).clamp(min=0) * 0.2
        code = code + spread / model.config["scaling_factor"] * normal(code.shape, generator)
    with torch.autocast(code.device.type, torch.bfloat16, enabled=bfloat16):
        out = model.picture(code)
    edge = sum(F.l1_loss(a, b) for a, b in zip(_edges(out), _edges(image), strict=True))
    terms = {"l1": F.l1_loss(out, image), "l2": F.mse_loss(out, image), "edge": torch.as_tensor(edge)}
    return {**terms, "loss": terms["l1"] + 4 * terms["l2"] + 0.5 * terms["edge"]}


def _edges(image: Tensor) -> tuple[Tensor, Tensor]:
    return image[..., 1:, :] - image[..., :-1, :], image[..., :, 1:] - image[..., :, :-1]


def pieces(
    model: PatchAutoencoder, pool: Pool, rows: Tensor, crop: int, generator: torch.Generator
) -> tuple[Tensor, tuple[slice, slice]]:
    """The same square of `crop` pixels of each scene, on the grid of the codes, as floats; and its cells of a code."""
    grid = model.config["patch"]
    starts = (pool.source.size - crop) // grid + 1
    x, y = integers(starts, (2,), generator).tolist()
    cells = slice(y, y + crop // grid), slice(x, x + crop // grid)
    down, across = (slice(grid * c.start, grid * c.stop) for c in cells)
    return to_float(pool.pictures(rows)[:, down, across].to(generator.device)), cells


def train(
    model: PatchAutoencoder, pool: Pool, folder: Path, budget: Budget, batch: int, crop: int, bfloat16: bool = False
) -> None:
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = Run("autoencoder", folder, model, torch.optim.AdamW(model.parameters(), weight_decay=0), budget, 1e-3, 0.999)
    generator = torch.Generator(model.device).manual_seed(pool.source.seed + run.step)
    for step in run:
        if step % 200 == 0:
            pool.refresh()
        rows = HELD_OUT + integers(len(pool) - HELD_OUT, (batch,), generator)
        image, _ = pieces(model, pool, rows, crop, generator)
        terms = loss(model, image, generator, bfloat16=bfloat16)
        run.descend(terms["loss"])
        run.note(l1=terms["l1"], l2=terms["l2"])
    model.load_state_dict(run.averaged())


@torch.no_grad()
def psnr(model: PatchAutoencoder, images: Tensor, linear: bool = False) -> float:
    """Mean PSNR in dB over uint8 images (n, h, w, 3), rounded as they are shown; `linear`: of the PCA alone."""
    values = []
    for chunk in images.to(model.device).split(16):
        code = model.code(to_float(chunk))
        out = model.linear(code) if linear else model.picture(code)
        shown = ((out.clamp(-1, 1) + 1) * 127.5).round()
        error = (shown - chunk.permute(0, 3, 1, 2).float()).square().mean((1, 2, 3)).clamp(min=1e-3)
        values.append(10 * torch.log10(255**2 / error))
    return float(torch.cat(values).mean())


def report(model: PatchAutoencoder, pool: Pool) -> dict[str, float]:
    """PSNR on held-out scenes without and with a made style, decoder against its PCA row."""
    rows = torch.arange(HELD_OUT)
    images, plain = pool.pictures(rows), pool.style[rows] < 0
    return {
        "pca": psnr(model, images[plain], linear=True),
        "decoder": psnr(model, images[plain]),
        "styled_pca": psnr(model, images[~plain], linear=True),
        "styled_decoder": psnr(model, images[~plain]),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("stage", choices=["pca", "decoder"])
    options = parser.parse_args()
    config = read(options.config)
    keep_freed_memory()
    pool = Pool(Source.of(config.data))
    folder, sizes = config.out / "vae", config.autoencoder
    if options.stage == "pca":
        scenes = min(PCA_SCENES, config.data.scenes - HELD_OUT)
        pool.wait(HELD_OUT + scenes)
        torch.manual_seed(config.data.seed)
        model = PatchAutoencoder(
            sizes.patch, sizes.channels, sizes.width, sizes.fine_width, sizes.blocks, sizes.fine_blocks,
            block_out_channels=(1,) * sizes.patch.bit_length(),
        )  # fmt: skip
        fit(model, pool, scenes)
    else:
        model = PatchAutoencoder.from_pretrained(folder).to(options.device)
        pool.wait(min(ENOUGH, config.data.scenes))
        train(model, pool, config.out / "runs", Budget(minutes=sizes.minutes), sizes.batch, sizes.crop, sizes.bfloat16)
        sheets.reconstructions(model, pool.pictures(torch.arange(12)), config.out / "autoencoder.png")
    print(report(model, pool))
    model.cpu().save_pretrained(folder)


if __name__ == "__main__":
    main()

"""The autoencoder: diffusers' AutoencoderTiny with 16 latent channels, no norm and no attention, so that decoding a crop
is exact (bounded receptive field).

Besides the reconstruction, three gentle pressures make its codes easy to denoise: unit scale, tolerance to a little
noise, and scale equivariance (a shrunken code decodes to the shrunken picture; EQ-VAE, arXiv 2502.09509).
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from torch import Tensor

from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, to_float


def build(channels: int = 64, latent: int = 16) -> AutoencoderTiny:
    return AutoencoderTiny(
        encoder_block_out_channels=(channels,) * 4,
        decoder_block_out_channels=(channels,) * 4,
        num_encoder_blocks=(0, 2, 4, 6),
        num_decoder_blocks=(6, 4, 2, 1),
        latent_channels=latent,
        latent_magnitude=3,
        scaling_factor=1.0,
    )


def edges(image: Tensor) -> tuple[Tensor, Tensor]:
    return image[..., 1:, :] - image[..., :-1, :], image[..., :, 1:] - image[..., :, :-1]


def loss(model: AutoencoderTiny, image: Tensor, equivariance: bool, generator: torch.Generator) -> dict[str, Tensor]:
    """`image`: (n, 3, h, w) in -1..1."""
    code = model.encoder(image)
    spread = torch.rand((len(code), 1, 1, 1), generator=generator, device=code.device).sub_(0.4).clamp_(min=0) * 0.15
    noisy = code + spread * torch.randn(code.shape, generator=generator, device=code.device)
    out = model.decoder(noisy).float()
    terms = {
        "l1": F.l1_loss(out, image),
        "l2": F.mse_loss(out, image),
        "edge": sum(F.l1_loss(a, b) for a, b in zip(edges(out), edges(image), strict=True)) * 0.5,
        "scale": (code.float().std((0, 2, 3)) - 1).square().mean() + code.float().mean((0, 2, 3)).square().mean(),
    }
    if equivariance:
        small = model.decoder(F.avg_pool2d(code, 2)).float()
        terms["half"] = F.l1_loss(small, F.avg_pool2d(image, 2))
    weights = {"l1": 1.0, "l2": 2.0, "edge": 0.5, "scale": 0.02, "half": 0.15}
    terms["loss"] = sum(weights[k] * v for k, v in terms.items())
    return terms


def train(
    pool: Pool,
    folder: Path,
    budget: Budget,
    batch: int = 64,
    crop: int = 160,
    channels: int = 64,
    compile: bool = False,
) -> AutoencoderTiny:
    torch.manual_seed(pool.source.seed)
    model = build(channels).to(pool.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0, fused=pool.device.type == "cuda"
    )
    run = Run("autoencoder", folder, model, optimizer, budget, peak=1.5e-3, ema_decay=0.999)
    generator = torch.Generator(pool.device).manual_seed(pool.source.seed + run.step)
    step_loss = torch.compile(loss) if compile else loss
    for step in run:
        image = _crops(pool, batch, crop, generator)
        with torch.autocast(pool.device.type, torch.bfloat16, enabled=pool.device.type == "cuda"):
            terms = step_loss(model, image, step % 2 == 0, generator)
        optimizer.zero_grad(set_to_none=True)
        terms["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        run.note(**{k: terms[k] for k in ("l1", "l2", "scale")})
    model.load_state_dict(run.averaged())
    return model.eval()


def _crops(pool: Pool, batch: int, crop: int, generator: torch.Generator) -> Tensor:
    rows = pool.rows(batch, generator)
    x, y = torch.randint(pool.source.size - crop + 1, (2,), generator=generator, device=pool.device).tolist()
    return to_float(pool.image[rows, y : y + crop, x : x + crop]).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def standardise(model: AutoencoderTiny, pool: Pool, scenes: int = 512) -> float:
    """Set `scaling_factor` so that codes have unit standard deviation; returns it."""
    codes = torch.cat([model.encode(to_float(chunk)).latents.float() for chunk in pool.image[:scenes].split(32)])
    factor = float(1 / codes.std())
    model.register_to_config(scaling_factor=factor)
    return factor


@torch.no_grad()
def psnr(model: AutoencoderTiny, images: Tensor) -> float:
    """Mean PSNR in dB over uint8 images (n, h, w, 3), output rounded to uint8 as it is shown."""
    values = []
    for chunk in images.split(16):
        out = model.decode(model.encode(to_float(chunk)).latents).sample.float()
        shown = ((out.clamp(-1, 1) + 1) * 127.5).round()
        error = (shown - chunk.permute(0, 3, 1, 2).float()).square().mean((1, 2, 3)).clamp(min=1e-3)
        values.append(10 * torch.log10(255**2 / error))
    return float(torch.cat(values).mean())

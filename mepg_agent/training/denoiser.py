"""The denoiser: diffusers' UNet2DConditionModel on codes of whole scenes, conditioned on the frozen text tower.

Velocity prediction on a variance-preserving schedule with zero terminal signal (arXiv 2305.08891), 10% caption dropout
for classifier-free guidance, moving average of the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny, DDIMScheduler, DPMSolverMultistepScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, to_float

SCHEDULE = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
DROPOUT = 0.1


def build(
    widths: tuple[int, ...] = (96, 160, 256), latent: int = 16, text: int = 256, sample: int = 32
) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=sample,
        in_channels=latent,
        out_channels=latent,
        block_out_channels=widths,
        layers_per_block=2,
        down_block_types=("CrossAttnDownBlock2D",) * len(widths),
        up_block_types=("CrossAttnUpBlock2D",) * len(widths),
        cross_attention_dim=text,
        attention_head_dim=tuple(max(w // 32, 1) for w in widths),  # diffusers' name for the number of heads
        use_linear_projection=True,
        norm_num_groups=16,
    )


def sampler() -> DPMSolverMultistepScheduler:
    return DPMSolverMultistepScheduler(**SCHEDULE, algorithm_type="dpmsolver++", solver_order=2)


def noiser() -> DDIMScheduler:
    return DDIMScheduler(**SCHEDULE, clip_sample=False)


@dataclass
class Codes:
    """Encoded scenes: latents (n, 16, 32, 32) half precision, token ids (n, captions, tokens)."""

    latents: Tensor
    ids: Tensor


@torch.no_grad()
def encode(pool: Pool, autoencoder: AutoencoderTiny, rows: Tensor, batch: int = 256) -> Codes:
    """Codes of the pool's scenes `rows`, scaled to unit variance."""
    factor = autoencoder.config.scaling_factor
    latents = []
    with torch.autocast(pool.device.type, torch.bfloat16, enabled=pool.device.type == "cuda"):
        for chunk in rows.split(batch):
            image = to_float(pool.image[chunk]).contiguous(memory_format=torch.channels_last)
            latents.append((autoencoder.encoder(image).float() * factor).half())
    return Codes(torch.cat(latents), pool.ids[rows])


def diffusion_loss(
    unet: UNet2DConditionModel, clean: Tensor, text: Tensor, alphas: Tensor, generator: torch.Generator
) -> Tensor:
    """Mean squared error of the predicted velocity at uniformly drawn, stratified timesteps."""
    n = len(clean)
    noise = torch.randn(clean.shape, generator=generator, device=clean.device)
    strata = (torch.arange(n, device=clean.device) + torch.rand(n, generator=generator, device=clean.device)) / n
    step = (strata * len(alphas)).long().clamp(max=len(alphas) - 1)
    signal = alphas[step].sqrt()[:, None, None, None]
    sigma = (1 - alphas[step]).sqrt()[:, None, None, None]
    predicted = unet(signal * clean + sigma * noise, step, encoder_hidden_states=text).sample
    return F.mse_loss(predicted.float(), signal * noise - sigma * clean)


def train(
    codes: Codes,
    text_tower: CLIPTextModel,
    empty: Tensor,
    folder: Path,
    budget: Budget,
    seed: int,
    batch: int = 512,
    unet: UNet2DConditionModel | None = None,
    compile: bool = False,
    peak: float = 8e-4,
) -> UNet2DConditionModel:
    """`empty`: token ids (tokens,) of the empty prompt."""
    torch.manual_seed(seed + 2)
    device = codes.latents.device
    unet = (unet or build()).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        unet.parameters(), lr=peak, betas=(0.9, 0.99), weight_decay=0.01, fused=device.type == "cuda"
    )
    run = Run("denoiser", folder, unet, optimizer, budget, peak=peak, ema_decay=0.9995)
    generator = torch.Generator(device).manual_seed(seed + run.step)
    alphas = noiser().alphas_cumprod.to(device)
    forward = torch.compile(unet) if compile else unet
    for _ in run:
        rows = torch.randint(len(codes.latents), (batch,), generator=generator, device=device)
        value = step_loss(forward, codes, rows, text_tower, empty, alphas, generator)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        run.note(loss=value)
    unet.load_state_dict(run.averaged())
    return unet.eval()


def step_loss(
    unet: UNet2DConditionModel,
    codes: Codes,
    rows: Tensor,
    text_tower: CLIPTextModel,
    empty: Tensor,
    alphas: Tensor,
    generator: torch.Generator,
) -> Tensor:
    device = codes.latents.device
    which = torch.randint(codes.ids.shape[1], rows.shape, generator=generator, device=device)
    ids = codes.ids[rows, which].long()
    dropped = torch.rand(rows.shape, generator=generator, device=device) < DROPOUT
    ids = torch.where(dropped[:, None], empty, ids)
    clean = codes.latents[rows].float().contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        with torch.no_grad():
            text = text_tower(ids).last_hidden_state
        return diffusion_loss(unet, clean, text, alphas, generator)

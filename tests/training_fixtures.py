"""Small pieces that trainers are tested with: sprites made here, and models with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import CLIPTextModel, CLIPTokenizer

from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.portfolio import read_vocabulary
from mepg_agent.training import autoencoder, denoiser, words
from mepg_agent.training.pool import Pool, Source, _compose

FAMILY = Path(__file__).parents[1] / "experts" / "picturebook"
VOCABULARY = read_vocabulary(FAMILY / "vocabulary.toml")
LOOKS = ("cartoon", "flat", "glossy", "sticker", "ink")


def disc(color: tuple[int, int, int], size: int = 40) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    inside = (x * x + y * y < 0.8)[..., None]
    return np.concatenate([np.where(inside, color, 0), inside * 255], -1).astype(np.uint8)


def write_sprites(folder: Path) -> Path:
    """A disc of its own colour for every noun and look."""
    nouns = list(VOCABULARY.nouns)
    rng = np.random.default_rng(0)
    art = np.stack([[disc(tuple(rng.integers(30, 255, 3))) for _ in LOOKS] for _ in nouns])
    file = folder / "sprites.npz"
    np.savez(file, sprites=art, nouns=nouns, looks=LOOKS, colors=np.full((len(nouns), len(LOOKS)), "red"))
    return file


def composed(source: Source, shards: int = 3) -> Pool:
    for index in range(shards):
        _compose(source, index)
    return Pool(source)


def tiny_drawer(tokenizer: CLIPTokenizer) -> denoiser.Drawer:
    torch.manual_seed(0)
    text = CLIPTextModel(words.text_config(tokenizer, 32, 1))
    return denoiser.Drawer(denoiser.build((32, 64), (True, False), latent=4, text=32, sample=4), text)


def tiny_vae(pool: Pool) -> PatchAutoencoder:
    vae = PatchAutoencoder(16, 4, 16, 8, 1, 1)
    autoencoder.fit(vae, pool, scenes=60)
    return vae

"""The training configuration: one strict TOML file for the whole family (`experts/picturebook/training.toml`)."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import torch
from pydantic import ValidationError

from mepg_agent.errors import BadInput
from mepg_agent.scene import Frozen


class DataConfig(Frozen):
    sprites: Path
    vocabulary: Path
    tokenizer: Path
    pool: Path
    scenes: int
    size: int
    lessons: int
    tinted: float  # share of the lessons whose thing has another colour than its icon
    styled: float
    style_scenes: int
    medley_scenes: int
    seed: int


class AutoencoderConfig(Frozen):
    patch: int  # pixels of the side of one position of a code
    channels: int
    width: int
    fine_width: int
    blocks: int
    fine_blocks: int
    minutes: float
    batch: int
    crop: int
    bfloat16: bool  # see DenoiserConfig


class WordsConfig(Frozen):
    width: int
    layers: int
    minutes: float
    batch: int


class DenoiserConfig(Frozen):
    widths: tuple[int, ...]
    attention: tuple[bool, ...]  # which levels have it, finest first
    minutes: float
    batch: int
    lessons: float  # share of the steps that are on them in the end; of all, where one that draws already goes on
    peak: float
    parts: int  # of a batch, one on each core; 1 on a GPU
    bfloat16: bool  # faster on a GPU and where a CPU multiplies it (AVX-512 BF16, AMX), slower elsewhere


class DecoderConfig(Frozen):
    guidance: float  # that codes are drawn with
    minutes: float
    pictures: int  # scenes whose codes are drawn


class SketcherConfig(Frozen):
    minutes: float
    batch: int
    peak: float


class SketchReaderConfig(Frozen):
    widths: tuple[int, ...]  # by resolution, finest first
    blocks: tuple[int, ...]
    minutes: float
    batch: int
    lessons: float  # share of the steps that are on them
    peak: float
    parts: int  # as the denoiser's
    bfloat16: bool


class ImageTextConfig(Frozen):
    widths: tuple[int, ...]  # of the image tower's stages
    minutes: float
    batch: int
    scenes: int  # of all kinds, at most


class ScorerConfig(Frozen):
    minutes: float
    batch: int
    scenes: int
    bfloat16: bool  # see DenoiserConfig


class ExpertsConfig(Frozen):
    rank: int
    minutes: float  # each
    batch: int
    peak: float
    parts: int  # as the denoiser's
    bfloat16: bool


class TrainingConfig(Frozen):
    out: Path
    data: DataConfig
    autoencoder: AutoencoderConfig
    words: WordsConfig
    denoiser: DenoiserConfig
    decoder: DecoderConfig
    sketcher: SketcherConfig
    sketch_reader: SketchReaderConfig
    imagetext: ImageTextConfig
    scorer: ScorerConfig
    experts: ExpertsConfig


def read(file: Path) -> TrainingConfig:
    """Raises BadInput for a file that is missing, unreadable or has a wrong or unknown key."""
    try:
        return TrainingConfig.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"The configuration {file} cannot be read: {error}.", "Pass --config FILE.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{file}: {where}: {first['msg']}.", "Mend that line.") from error


def arguments(description: str | None) -> argparse.ArgumentParser:
    """What every trainer's command line has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", type=Path, default=Path("experts/picturebook/training.toml"))
    at_hand = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", type=torch.device, default=torch.device(at_hand), help=f"default: {at_hand}")
    return parser

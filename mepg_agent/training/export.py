"""Ship the trained family: `python -m mepg_agent.training.export` fills `experts/picturebook/`.

Weights go out in half precision and small shards; their hashes, and thresholds from a benchmark's `family.json`, go
into backbone.toml. What the benchmark drew with each expert becomes its sample.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from diffusers import StableDiffusionPipeline
from transformers import AutoModel, CLIPTokenizer

import mepg_agent.engine.patch_autoencoder  # noqa: F401  diffusers builds only classes that are already imported
from mepg_agent.bench.family import SAMPLES
from mepg_agent.engine.sketch_reader import SketchReader
from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.training.config import arguments, read

SHARD = "12MB"
MADE = "\n# Written by `python -m mepg_agent.training.export`.\n"


def ship(source: Path, target: Path) -> None:
    """Pipeline, sketches, verifier, scorer and experts of `source` into the family's folder `target`."""
    pipe: Any = StableDiffusionPipeline.from_pretrained(source / "pipeline", safety_checker=None)
    for name in ("unet", "text_encoder", "vae"):
        folder = target / "pipeline" / name
        shutil.rmtree(folder, ignore_errors=True)
        getattr(pipe, name).half().save_pretrained(folder, max_shard_size=SHARD)
    for name in ("tokenizer", "scheduler"):
        getattr(pipe, name).save_pretrained(target / "pipeline" / name)
    pipe.save_config(target / "pipeline")
    for name, kind in (("sketcher", Sketcher), ("reader", SketchReader)):
        if (source / "sketches" / name).is_dir():
            part: Any = kind.from_pretrained(source / "sketches" / name)
            part.half().save_pretrained(target / "sketches" / name)
    if (source / "verifier").is_dir():
        shutil.rmtree(target / "verifier", ignore_errors=True)
        AutoModel.from_pretrained(source / "verifier").half().save_pretrained(target / "verifier", max_shard_size=SHARD)
        CLIPTokenizer.from_pretrained(source / "verifier").save_pretrained(target / "verifier")
    for expert in sorted((source / "experts").glob("*/expert.toml")):
        shutil.copytree(expert.parent, target / expert.parent.name, dirs_exist_ok=True)
    if (source / "scorer").is_dir():
        shutil.copytree(source / "scorer", target / "scorer", dirs_exist_ok=True)


def hashes(folder: Path) -> dict[str, str]:
    """sha256 of every weights file that the backbone loads, by path below the folder."""
    files = [f for part in ("pipeline", "sketches", "verifier") for f in sorted((folder / part).rglob("*.safetensors"))]
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def write_manifest(folder: Path, thresholds: dict[str, float]) -> None:
    manifest = folder / "backbone.toml"
    head = manifest.read_text().split(MADE)[0].rstrip("\n") + "\n"
    lines = [MADE.rstrip("\n"), "[thresholds]", *(f"{k} = {v}" for k, v in sorted(thresholds.items())), "", "[sha256]"]
    lines += [f'"{path}" = "{value}"' for path, value in hashes(folder).items()]
    manifest.write_text(head + "\n".join(lines) + "\n")


def show_experts(bench: Path, target: Path) -> None:
    """Gives every expert of the family in `target` the row of scenes that the benchmark in `bench` drew with it."""
    for row in sorted((bench / SAMPLES).glob("*.png")):
        if (target / row.stem / "expert.toml").is_file():
            shutil.copyfile(row, target / row.stem / "sample.png")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--target", type=Path, default=Path("experts/picturebook"))
    parser.add_argument(
        "--bench",
        type=Path,
        help="family.json of a benchmark run, for the verifier's thresholds and the samples beside it",
    )
    parser.add_argument("--manifest-only", action="store_true", help="write backbone.toml, leave the weights")
    options = parser.parse_args()
    config = read(options.config)
    if not options.manifest_only:
        ship(config.out, options.target)
    thresholds = json.loads(options.bench.read_text())["thresholds"] if options.bench else {}
    write_manifest(options.target, thresholds)
    if options.bench:
        show_experts(options.bench.parent, options.target)


if __name__ == "__main__":
    main()

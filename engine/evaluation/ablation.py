"""What each part of the sampling is worth: the restore test with one thing changed at a time."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from engine.evaluation.bench import PAPER_STEPS
from engine.evaluation.features import load_features, place_features
from engine.evaluation.realism import realism_figures
from engine.evaluation.restore import generate, likeness, restore_cases
from engine.sgldm.pipeline import HSDiffusionPipeline

Options = dict[str, object]
VARIANTS: dict[str, Options] = {
    "default": {},
    "coarse estimate alone": {"strength": 0.0},
    **{f"steps {n}": {"steps": n} for n in (1, 4, 8, 20, 50)},
    **{f"guidance {g}": {"guidance": g} for g in (1.0, 1.5, 2.0, 3.0)},
    **{f"strength {t}": {"strength": t} for t in (0.2, 0.4, 0.5, 0.6, 0.8)},
    "first-order solver": {"order": 1},
    "without coarse latents": {"use_coarse": False},
    "pure blending": {"use_known": False, "complete": False},
    "without completion": {"complete": False},
    "without an anchor": {"anchor": 0.0},
    "pure noise": {"strength": 1.0, "steps": 20, "guidance": 1.3},
    "paper": {
        "strength": 1.0, "steps": PAPER_STEPS, "order": 1, "guidance": 1.0, "use_known": False,
        "complete": False,
    },
}  # fmt: skip


def ablation_figures(
    pipeline: HSDiffusionPipeline, data: Path, *, count: int = 24, seed: int = 0
) -> dict[str, object]:
    """Of every variant: PSNR, feature and Fréchet distance and texture energy of single samples
    as they leave the decoder, and seconds a photo."""
    cases = restore_cases(pipeline, data, count)
    truth = np.stack([c.truth for c in cases])
    hidden = np.stack([c.hidden for c in cases])
    net = load_features()
    figures: dict[str, object] = {"photos": count}
    places = {}
    rows: dict[str, dict[str, object]] = {}
    for name, options in VARIANTS.items():
        start = time.perf_counter()
        made = generate(pipeline, cases, seed=seed, **options).images  # type: ignore[arg-type]
        seconds = (time.perf_counter() - start) / count
        images = np.where(hidden[..., None], made.round(), truth).astype(np.uint8)
        rows[name] = {**likeness(net, images, truth, hidden), "seconds": seconds}
        places[name] = place_features(net, images, hidden)
    realism = realism_figures(place_features(net, truth, hidden), places)
    return {**figures, **{name: {**row, **realism[name]} for name, row in rows.items()}}

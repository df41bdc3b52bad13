"""The control test: do seed and guidance decide what they should?

Seeds shall differ where a hole leaves room, and hardly where it doesn't: the feature distance
between what several seeds make of a hole, beside that between two real photos in it. Guidance
shall bring what is made nearer to its layout: the agreement of what the parser sees in a hole
with what was asked for there. The surroundings give a photo's own layout away, so another
person's is asked for, too.

Looked at are samples as they leave the decoder: the texture that compositing adds is another for
every seed in any hole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import stages
from engine.arrays import Mask
from engine.errors import InputFileError
from engine.evaluation.distances import mean_and_interval, ratio_and_interval
from engine.evaluation.features import FeatureNet, feature_distance, load_features
from engine.evaluation.restore import RestoreCase, generate
from engine.framing import FRAME_SIZE, Similarity, inside_mask
from engine.labels import Layout
from engine.requests import REPLACE_HEAD_SAMPLING, SamplingSettings
from engine.sentences import Sentence
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.training.covering import swap_hole
from engine.training.data import Frames

SEEDS = 4
GUIDANCES = (0.0, 1.0, 1.5, 2.2, 3.0)
_DISC = FRAME_SIZE / 2 / math.sqrt(math.pi)  # px, radius: a quarter of the frame
_SPECK = 16  # px: a class of fewer says little about agreement

Figures = NDArray[np.float64]
Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Person:
    """A validation photo in its canonical frame, parsed."""

    seen: stages.FrameView
    parsed: stages.Parsed

    @classmethod
    def of(cls, pipeline: HSDiffusionPipeline, frames: Frames, index: int) -> Person:
        item = frames.items[index]
        inside = inside_mask((item.size[1], item.size[0]), item.to_frame)
        image = np.ascontiguousarray(frames.canonical(index)[0])
        seen = stages.FrameView(image, inside, item.to_frame)
        return cls(seen, stages.parse(pipeline, seen))

    @property
    def head_hole(self) -> Mask:
        """What ``replace-head`` makes anew."""
        return stages.replace_head_scene(self.seen, self.parsed, keep_background=True).region

    def case(self, hole: Mask, layout: Layout | None = None) -> RestoreCase:
        """The photo with a hole, to be filled under its own layout or under another."""
        inside, own = self.seen.inside, self.parsed.layout
        hidden = hole & inside
        asked = own if layout is None else np.where(hidden, layout, own)
        return RestoreCase(self.seen.image, hidden, inside & ~hidden, asked)


Couple = tuple[Person, Person]


def couples(pipeline: HSDiffusionPipeline, data: Path, count: int) -> list[Couple]:
    """``count`` validation photos, each with another one; those without a head are left out.

    Raises:
        InputFileError: fewer than two are left, of which no interval could be told.
    """
    frames = Frames.load(data, "validation", sources=("labels", "parser", "none"))
    photos = len(frames)
    found: list[Couple] = []
    for i in np.linspace(0, photos - 1, count).astype(int):
        pair = (i, (i + photos // 2) % photos)
        own, other = (Person.of(pipeline, frames, int(k)) for k in pair)
        if own.parsed.head.any() and other.parsed.head.any():
            found.append((own, other))
    if len(found) < 2:
        raise InputFileError(
            Sentence(
                "Of the validation photos of {path} that were looked at, too few show a head: the "
                "control test needs two at least.",
                path=data,
            ),
            subject=data,
        )
    return found


def made(
    pipeline: HSDiffusionPipeline, cases: list[RestoreCase], sampling: SamplingSettings
) -> Images:
    """What leaves the decoder, laid into the photos: ``(N, 256, 256, 3)``."""
    images = generate(pipeline, cases, **asdict(sampling)).images.round()
    truth, hidden = _stacked(cases)
    return np.where(hidden[..., None], images, truth).astype(np.uint8)


def _stacked(cases: list[RestoreCase]) -> tuple[Images, Mask]:
    return np.stack([c.truth for c in cases]), np.stack([c.hidden for c in cases])


# --- seeds ----------------------------------------------------------------------------------------


def seed_cases(pairs: list[Couple]) -> dict[str, tuple[list[RestoreCase], SamplingSettings]]:
    """Holes that leave much room and little, and how the program samples them.

    ``head``: replaced heads, from pure noise; ``large``: a disc of a quarter of the frame;
    ``narrow``: neck and rim of the head, where seeds have little to decide.
    """
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:FRAME_SIZE, :FRAME_SIZE] + 0.5 - FRAME_SIZE / 2
    disc = np.hypot(x, y) < _DISC
    nobody = np.zeros((FRAME_SIZE, FRAME_SIZE), np.uint8)
    default = SamplingSettings()
    return {
        "head": ([own.case(own.head_hole) for own, _ in pairs], REPLACE_HEAD_SAMPLING),
        "large": ([own.case(disc) for own, _ in pairs], default),
        "narrow": (
            [own.case(swap_hole(own.parsed.layout, nobody, rng)) for own, _ in pairs],
            default,
        ),
    }


def distance_between(net: FeatureNet, runs: Sequence[Images], hidden: Mask) -> Figures:
    """Mean feature distance within the holes between any two of several runs: ``(N,)``.

    Args:
        runs: frames ``(N, 256, 256, 3)`` each.
        hidden: ``(N, 256, 256)``.
    """
    apart: Figures = np.mean(
        [feature_distance(net, a, b, hidden) for a, b in combinations(runs, 2)], axis=0
    )
    return apart


def diversity_figures(pipeline: HSDiffusionPipeline, pairs: list[Couple]) -> dict[str, object]:
    """How far apart seeds are in each kind of hole.

    Returns:
        of each, ``seeds``: the distance between them; ``real``: that between the photo itself
        and the other one in its hole, about the most that there can be; ``share``: one over the
        other; and of those that leave room ``differ``: the share's interval lies above that of
        the ``narrow`` holes.
    """
    net = load_features()
    others = np.stack([other.seen.image for _, other in pairs])
    figures: dict[str, dict[str, object]] = {}
    intervals = {}
    for name, (cases, sampling) in seed_cases(pairs).items():
        truth, hidden = _stacked(cases)
        runs = [made(pipeline, cases, replace(sampling, seed=seed)) for seed in range(SEEDS)]
        seeds = distance_between(net, runs, hidden)
        strangers = np.where(hidden[..., None], others, truth)
        real = distance_between(net, [truth, strangers], hidden)
        distance, interval = mean_and_interval(seeds)
        ceiling, ceiling_interval = mean_and_interval(real)
        share, intervals[name] = ratio_and_interval(seeds, real)
        figures[name] = {
            "seeds": distance,
            "seeds_interval": interval,
            "real": ceiling,
            "real_interval": ceiling_interval,
            "share": share,
            "share_interval": intervals[name],
        }
    for name in ("head", "large"):
        figures[name]["differ"] = intervals[name][0] > intervals["narrow"][1]
    return dict(figures)


# --- guidance -------------------------------------------------------------------------------------


def guidance_cases(pairs: list[Couple]) -> dict[str, tuple[list[RestoreCase], SamplingSettings]]:
    """Holes under layouts that the surroundings give away or don't, and how they are sampled.

    ``own_layout``: holes of the restore test under the photo's own layout; ``other_layout``: the
    same under the other person's; ``other_head``: heads replaced by one of the other's layout,
    from pure noise.
    """
    rng = np.random.default_rng(5)
    own_layout, other_layout, other_head = [], [], []
    for own, other in pairs:
        hole = swap_hole(own.parsed.layout, other.parsed.layout, rng)
        own_layout.append(own.case(hole))
        other_layout.append(own.case(hole, other.parsed.layout))
        other_head.append(own.case(own.head_hole | other.head_hole, other.parsed.layout))
    default = SamplingSettings()
    return {
        "own_layout": (own_layout, default),
        "other_layout": (other_layout, default),
        "other_head": (other_head, REPLACE_HEAD_SAMPLING),
    }


def agreement(layout: Layout, asked: Layout, where: Mask) -> float:
    """Mean IoU within ``where`` over the classes that are asked for there, but for specks."""
    seen, wanted = layout[where], asked[where]
    area = np.bincount(wanted)
    classes = np.flatnonzero(area >= min(_SPECK, area.max()))
    both = [((seen == c) & (wanted == c)).sum() for c in classes]
    either = [((seen == c) | (wanted == c)).sum() for c in classes]
    return float(np.mean(np.array(both) / either))


def agreements(pipeline: HSDiffusionPipeline, cases: list[RestoreCase], images: Images) -> Figures:
    """``agreement`` of what the parser sees in each hole with what was asked for: ``(N,)``."""
    values = []
    for case, image in zip(cases, images, strict=True):
        seen = stages.FrameView(image, case.known | case.hidden, Similarity())
        values.append(agreement(stages.parse(pipeline, seen).layout, case.layout, case.hidden))
    return np.array(values)


def rise(levels: dict[str, Figures]) -> dict[str, object]:
    """How a figure of the same photos goes from level to level.

    Returns:
        of each level the mean ``agreement`` and by how much that ``rises`` from the level before,
        with intervals; ``monotone``: every step is upwards.
    """
    rows: dict[str, object] = {}
    steps = []
    last: Figures | None = None
    for name, values in levels.items():
        mean, interval = mean_and_interval(values)
        row: dict[str, object] = {"agreement": mean, "interval": interval}
        if last is not None:
            step, step_interval = mean_and_interval(values - last)
            steps.append(step)
            row |= {"rises": step, "rises_interval": step_interval}
        rows[name] = row
        last = values
    return {**rows, "monotone": all(step > 0 for step in steps)}


def guidance_figures(pipeline: HSDiffusionPipeline, pairs: list[Couple]) -> dict[str, object]:
    """How well the layout is kept at each guidance, see ``rise``.

    ``untouched`` is what the photo itself has of it: all, if the layout is its own.
    """
    figures: dict[str, object] = {}
    for name, (cases, sampling) in guidance_cases(pairs).items():
        levels = {
            f"guidance {g:g}": agreements(
                pipeline, cases, made(pipeline, cases, replace(sampling, guidance=g))
            )
            for g in GUIDANCES
        }
        truth, _ = _stacked(cases)
        untouched = float(agreements(pipeline, cases, truth).mean())
        figures[name] = {"untouched": untouched, **rise(levels)}
    return figures


# --- both -----------------------------------------------------------------------------------------


def control_figures(
    pipeline: HSDiffusionPipeline, data: Path, *, count: int = 24
) -> dict[str, object]:
    """What seeds and guidance decide, see ``diversity_figures`` and ``guidance_figures``."""
    pairs = couples(pipeline, data, count)
    return {
        "photos": len(pairs),
        "seeds": SEEDS,
        "diversity": diversity_figures(pipeline, pairs),
        "guidance": guidance_figures(pipeline, pairs),
    }

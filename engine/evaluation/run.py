"""``evaluate NAME``: figures of a pack on the validation photos of a prepared folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

NAMES = (
    "finder", "parser", "autoencoder", "layout", "restore", "swap", "matting", "seams",
    "sharpness", "control", "ablation",
)  # fmt: skip


def evaluate(
    name: str, data: Path, pack: str | Path | None = None, *, count: int | None = None,
    out: Path | None = None, device: str | None = None, papers_way: bool = False,
) -> Mapping[str, object]:  # fmt: skip
    """Figures of one part of a pack.

    Args:
        name: one of ``NAMES``.
        data: prepared folder (``prepare``).
        pack: name or folder of the pack; ``None`` = the embedded one.
        count: how many photos or pairs; ``None`` = the part's usual number.
        out: folder for contact sheets; ``None`` = none are written.
        papers_way: compare swaps with the paper's sampling, too; takes long.
    """
    import torch

    from engine.parsing.deciding import likeliest
    from engine.runner import PipelineRunner
    from engine.training.data import Frames

    sheet = None
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        sheet = out / f"{name}.png"
    if name == "matting":  # no model has part in it
        from engine.evaluation.matting import matting_figures

        return matting_figures(data, count=count or 48, sheet=sheet)
    runner = PipelineRunner(pack, device)
    pipeline = runner.pipeline
    with torch.inference_mode():
        if name == "finder":
            from engine import stages
            from engine.errors import NoPersonError
            from engine.evaluation.finder import finder_figures
            from engine.finding.finder import Head
            from engine.imageio import Photo
            from engine.training.prepare import read_manifest

            dataset, items = read_manifest(data)
            items = [item for item in items if item.split == "validation"][:count]

            def find(photo: Photo) -> list[Head]:
                try:
                    return [stages.find(pipeline, photo)]  # as a swap does, the parser's say too
                except NoPersonError:
                    return []

            return finder_figures(lambda pixels: find(Photo(pixels)), dataset, items)[0]
        if name == "parser":
            from engine.evaluation.parser import iou_figures

            frames = Frames.load(data, "validation", sources=("labels",))
            pairs = [frames.canonical(i) for i in range(len(frames))][:count]
            layouts = np.stack([likeliest(pipeline.parse(image)) for image, _ in pairs])
            return iou_figures(layouts.astype(np.uint8), np.stack([t for _, t in pairs]))
        if name == "autoencoder":
            from engine.training.autoencoder import psnr, reconstruct

            frames = Frames.load(data, "validation", sources=("labels", "parser", "none"))
            picks = np.linspace(0, len(frames) - 1, count or 100).astype(int)
            images = [np.ascontiguousarray(frames.canonical(int(i))[0]) for i in picks]
            model = pipeline.autoencoder.float()
            values = [psnr(reconstruct(model, x[None])[0], x) for x in images]
            return {"photos": len(values), "psnr": float(np.mean(values))}
        if name == "layout":
            from engine.training.layout import restored_layouts

            return restored_layouts(
                pipeline.layout_generator, Frames.load(data, "validation", sources=("labels",))
            )
        if name == "restore":
            from engine.evaluation.restore import restore_figures

            return restore_figures(pipeline, data, count=count or 100, sheet=sheet)
        if name == "control":
            from engine.evaluation.control import control_figures

            return control_figures(pipeline, data, count=count or 24)
        if name == "ablation":
            from engine.evaluation.ablation import ablation_figures

            return ablation_figures(pipeline, data, count=count or 24)
    if name == "seams":
        from engine.evaluation.seams import seam_figures

        return seam_figures(runner, data, count=count or 100)
    if name == "sharpness":
        from engine.evaluation.sharpness import sharpness_figures

        return sharpness_figures(runner, data, count=count or 48)
    from engine.evaluation.swaps import swap_figures

    papers = None
    if papers_way:
        from engine.evaluation.baselines import PapersWay

        papers = PapersWay(pack, device)
    return swap_figures(runner, data, count=count or 100, out=out, papers_way=papers)

"""A frame parsed several times: as it is, mirrored, and from nearer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.labels import MIRRORED, NUM_CLASSES, SemanticClass
from engine.parsing.deciding import likeliest
from engine.sgldm.pipeline import HSDiffusionPipeline
from tests.engine.people import painted, person

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("thorough", [False, True])
def test_probabilities_sum_to_one(pipeline: HSDiffusionPipeline, thorough: bool) -> None:
    p = pipeline.parse(painted(person()), thorough=thorough, refine=False)
    assert p.shape == (NUM_CLASSES, 256, 256)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(0), 1, atol=1e-4)


def test_a_mirrored_frame_gets_the_mirrored_layout(pipeline: HSDiffusionPipeline) -> None:
    frame = painted(person())
    one = pipeline.parse(frame, refine=False)
    other = pipeline.parse(np.ascontiguousarray(frame[:, ::-1]), refine=False)
    np.testing.assert_allclose(other[list(MIRRORED), :, ::-1], one, atol=1e-3)


def test_views_from_nearer_say_the_same_in_the_same_place(
    pipeline: HSDiffusionPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a parser knows by colour alone stays where it is."""

    def by_colour(images: Tensor) -> Tensor:
        assert images.shape[-2:] == (256, 256)
        white = (images[:, 0] > 0).float()
        logits = torch.full((len(images), NUM_CLASSES, 256, 256), -20.0)
        logits[:, SemanticClass.HAIR] = 40 * white - 20
        logits[:, SemanticClass.BACKGROUND] = 20 - 40 * white
        return logits

    monkeypatch.setattr(pipeline.parser, "forward", by_colour)
    frame = np.zeros((256, 256, 3), np.uint8)
    for row, column in ((40, 100), (200, 5)):  # seen from nearer, too; mostly beyond what is
        frame[row : row + 50, column : column + 50] = 255
    layout = likeliest(pipeline.parse(frame, refine=False))
    wanted = np.where(frame[..., 0] > 0, SemanticClass.HAIR, SemanticClass.BACKGROUND)
    differs = layout != wanted
    assert not differs[42:88, 102:148].any()
    assert not differs[202:248, 7:53].any()
    assert differs.mean() < 0.005  # along outlines, at most

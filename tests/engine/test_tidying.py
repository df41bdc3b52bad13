"""What can't be in a layout goes, what can stays."""

from __future__ import annotations

import numpy as np
import pytest

from engine.labels import SemanticClass
from engine.parsing.tidying import tidied
from tests.engine.people import person
from tests.engine.pictures import noise

C = SemanticClass


def test_specks_and_far_islands_go() -> None:
    dirty = person()
    dirty[200:203, 128:131] = C.HAIR  # a speck on the clothes
    dirty[20:36, 20:36] = C.HAIR  # a stain in the background
    dirty[230:250, 100:120] = C.BODY_SKIN  # a hand: no head, and large enough
    dirty[62:64, 100:102] = C.UPPER_CLOTHES  # a hole in the hair
    layout = tidied(dirty)
    wanted = person()
    wanted[230:250, 100:120] = C.BODY_SKIN
    assert (layout == wanted).all()
    assert (tidied(wanted) == wanted).all()


def test_an_island_near_the_head_is_part_of_it() -> None:
    layout = person()
    layout[84:92, 154:158] = C.HEAD_ACCESSORY  # an earring
    assert (tidied(layout) == layout).all()


def test_skin_and_cloth_amid_a_hat_are_hat() -> None:
    layout = person(hat=True)
    torn = layout.copy()
    torn[28:35, 118:134] = C.BODY_SKIN
    torn[24:30, 146:152] = C.UPPER_CLOTHES
    assert (tidied(torn) == layout).all()


def test_a_hand_at_the_head_stays_a_hand() -> None:
    layout = person(long_hair=True)
    layout[70:180, 160:172] = C.BODY_SKIN  # an arm that ends in the hair
    layout[58:80, 150:172] = C.BODY_SKIN
    alone = layout.copy()
    alone[90:180, 160:172] = person(long_hair=True)[90:180, 160:172]  # seen beside the hair only
    for held in (layout, alone):
        told = tidied(held)
        assert (told[58:80, 150:172] == C.BODY_SKIN).mean() > 0.95


def test_any_noise_is_tidied_in_time() -> None:
    torn = (noise(64, 64) // 16).repeat(4, 0).repeat(4, 1)
    before = torn.copy()
    calm = tidied(torn)
    assert (torn == before).all()
    assert calm.max() < 16
    assert np.count_nonzero(np.diff(calm, axis=0)) < 0.8 * np.count_nonzero(np.diff(torn, axis=0))


@pytest.mark.parametrize("label", [C.BACKGROUND, C.HAIR])
def test_a_frame_of_one_class_is_tidy(label: SemanticClass) -> None:
    assert (tidied(np.full((256, 256), label, np.uint8)) == label).all()

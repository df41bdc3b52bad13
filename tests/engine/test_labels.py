"""Classes, their groups and colours, and the maps from other schemes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from engine.labels import (
    ATR_18,
    BODY,
    CCP_59,
    CCP_NAMES,
    CELEBAMASK_HQ_19,
    CLASSES,
    FACE_PARTS,
    GROUPS,
    HEAD,
    IGNORE,
    LIP_20,
    LOWER_FACE,
    NECK,
    NUM_CLASSES,
    PASCAL_PERSON_PART_7,
    SKIN,
    SemanticClass,
    flip_layout,
    mask_of,
    palette,
    remap,
    swap_sides,
)

C = SemanticClass
SCHEMES = {
    59: CCP_59,
    20: LIP_20,
    18: ATR_18,
    7: PASCAL_PERSON_PART_7,
    19: CELEBAMASK_HQ_19,
}


def test_ids_never_change() -> None:
    # They stand in layouts, packs and project files.
    assert [c.name.lower() for c in C] == [
        "background", "hat", "hair", "face", "glasses", "left_eye", "right_eye", "nose", "mouth",
        "ear", "neck", "body_skin", "upper_clothes", "lower_clothes", "head_accessory",
        "body_accessory",
    ]  # fmt: skip
    assert [int(c) for c in C] == list(range(NUM_CLASSES))
    assert IGNORE >= NUM_CLASSES


def test_each_class_has_a_name_and_a_colour_of_its_own() -> None:
    assert [info.id for info in CLASSES] == list(C)
    assert len({info.name for info in CLASSES}) == NUM_CLASSES
    assert len({info.colour for info in CLASSES}) == NUM_CLASSES
    assert palette().dtype == np.uint8
    assert palette()[C.HAIR].tolist() == list(CLASSES[C.HAIR].colour)


def test_groups_part_the_person() -> None:
    assert not HEAD & BODY
    assert not HEAD & NECK
    assert not BODY & NECK
    assert HEAD | NECK | BODY | {C.BACKGROUND} == set(C)
    assert LOWER_FACE < FACE_PARTS < HEAD
    assert SKIN <= HEAD | NECK | BODY
    assert CLASSES[C.MOUTH].groups == ("HEAD", "LOWER_FACE")
    assert CLASSES[C.BACKGROUND].groups == ()
    assert set(GROUPS) == {"HEAD", "NECK", "BODY", "LOWER_FACE"}


# --- colours -------------------------------------------------------------------------------

# Linear RGB as seen without one of the cones (Viénot, Brettel and Mollon 1999; the last one:
# Machado, Oliveira and Fernandes 2009).
SEEN_BY = {
    "all": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopes": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranopes": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    "tritanopes": [
        [1.25553, -0.07675, -0.17878], [-0.07841, 0.93081, 0.1476], [0.00473, 0.69137, 0.3039],
    ],
}  # fmt: skip


def lab(colours: np.ndarray, seen: np.ndarray) -> np.ndarray:
    c = colours / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ seen.T
    xyz = (
        np.clip(linear, 0, 1)
        @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
        / (0.9505, 1, 1.089)
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], -1)


@pytest.mark.parametrize("who", SEEN_BY)
def test_colours_can_be_told_apart_by(who: str) -> None:
    colours = lab(palette().astype(float), np.array(SEEN_BY[who]))
    apart = {
        (C(a).name, C(b).name): round(float(np.linalg.norm(colours[a] - colours[b])), 1)
        for a, b in combinations(range(NUM_CLASSES), 2)
    }
    assert min(apart.values()) > 20, sorted(apart.items(), key=lambda item: item[1])[:5]


# --- layouts -------------------------------------------------------------------------------


def test_mask_of() -> None:
    layout = np.array([[C.HAIR, C.NECK], [IGNORE, C.BACKGROUND]], np.uint8)
    assert mask_of(layout, HEAD).tolist() == [[True, False], [False, False]]
    assert mask_of(layout, frozenset()).sum() == 0
    assert mask_of(layout, frozenset(C)).tolist() == [[True, True], [False, True]]


def test_a_mirrored_layout_has_its_eyes_changed() -> None:
    layout = np.array([[C.RIGHT_EYE, C.FACE, C.LEFT_EYE, C.HAIR, IGNORE]], np.uint8)
    flipped = flip_layout(layout)
    assert flipped.tolist() == [[IGNORE, C.HAIR, C.RIGHT_EYE, C.FACE, C.LEFT_EYE]]
    assert flipped.flags.c_contiguous
    assert (flip_layout(flipped) == layout).all()
    assert (swap_sides(swap_sides(layout)) == layout).all()


# --- other schemes -------------------------------------------------------------------------


@pytest.mark.parametrize("count", SCHEMES)
def test_every_id_of_a_scheme_has_a_class(count: int) -> None:
    scheme = SCHEMES[count]
    assert sorted(scheme) == list(range(count))
    assert scheme[0] is C.BACKGROUND
    ours = remap(np.arange(count), scheme)
    assert ours.dtype == np.uint8
    assert (ours < NUM_CLASSES).all()


def test_ids_outside_a_scheme_are_ignored() -> None:
    assert remap(np.array([[0, 59, 255]]), CCP_59).tolist() == [[C.BACKGROUND, IGNORE, IGNORE]]


def test_ccp() -> None:
    names = CCP_NAMES.split()
    assert len(names) == 59
    wanted = {
        "skin": C.BODY_SKIN, "hair": C.HAIR, "hat": C.HAT, "sunglasses": C.GLASSES,
        "earrings": C.HEAD_ACCESSORY, "necklace": C.BODY_ACCESSORY, "scarf": C.BODY_ACCESSORY,
        "bag": C.BODY_ACCESSORY, "t-shirt": C.UPPER_CLOTHES, "dress": C.UPPER_CLOTHES,
        "jeans": C.LOWER_CLOTHES, "boots": C.LOWER_CLOTHES,
    }  # fmt: skip
    assert {name: CCP_59[names.index(name)] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("scheme", "wanted"),
    [
        # Names and ids as published with SCHP and with the CelebAMask-HQ parsers.
        (LIP_20, {1: C.HAT, 2: C.HAIR, 4: C.GLASSES, 5: C.UPPER_CLOTHES, 9: C.LOWER_CLOTHES,
                  11: C.BODY_ACCESSORY, 13: C.FACE, 14: C.BODY_SKIN, 18: C.LOWER_CLOTHES}),
        (ATR_18, {1: C.HAT, 2: C.HAIR, 3: C.GLASSES, 4: C.UPPER_CLOTHES, 6: C.LOWER_CLOTHES,
                  7: C.UPPER_CLOTHES, 11: C.FACE, 12: C.BODY_SKIN, 17: C.BODY_ACCESSORY}),
        (PASCAL_PERSON_PART_7, {1: C.FACE, 2: C.UPPER_CLOTHES, 5: C.LOWER_CLOTHES}),
        (CELEBAMASK_HQ_19, {1: C.FACE, 2: C.NOSE, 3: C.GLASSES, 4: C.LEFT_EYE, 5: C.RIGHT_EYE,
                            6: C.LEFT_EYE, 7: C.RIGHT_EYE, 8: C.EAR, 11: C.MOUTH, 13: C.HAIR,
                            14: C.HAT, 15: C.HEAD_ACCESSORY, 16: C.BODY_ACCESSORY, 17: C.NECK,
                            18: C.UPPER_CLOTHES}),
    ],
)  # fmt: skip
def test_some_ids_of(scheme: dict[int, C], wanted: dict[int, C]) -> None:
    assert {i: scheme[i] for i in wanted} == wanted

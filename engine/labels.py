"""The semantic classes of a layout, their groups, colours, and maps from other schemes.

A *layout* is an ``H x W`` ``uint8`` array of class ids (``SemanticClass`` values, 0..15);
255 (``IGNORE``) marks pixels whose class is not known and appears in training data only.
Left and right are the person's own: the left eye stands on the right of a frontal photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Layout = NDArray[np.uint8]


class SemanticClass(IntEnum):
    """Class ids as they stand in layouts, packs and project files. Never renumber."""

    BACKGROUND = 0
    HAT = 1
    HAIR = 2
    FACE = 3
    GLASSES = 4
    LEFT_EYE = 5
    RIGHT_EYE = 6
    NOSE = 7
    MOUTH = 8
    EAR = 9
    NECK = 10
    BODY_SKIN = 11
    UPPER_CLOTHES = 12
    LOWER_CLOTHES = 13
    HEAD_ACCESSORY = 14
    BODY_ACCESSORY = 15


NUM_CLASSES = len(SemanticClass)
IGNORE = 255

_C = SemanticClass

HEAD: frozenset[SemanticClass] = frozenset(
    {
        _C.HAT, _C.HAIR, _C.FACE, _C.GLASSES, _C.LEFT_EYE, _C.RIGHT_EYE,
        _C.NOSE, _C.MOUTH, _C.EAR, _C.HEAD_ACCESSORY,
    }
)  # fmt: skip
FACE_PARTS: frozenset[SemanticClass] = frozenset(
    {_C.FACE, _C.GLASSES, _C.LEFT_EYE, _C.RIGHT_EYE, _C.NOSE, _C.MOUTH}
)
NECK: frozenset[SemanticClass] = frozenset({_C.NECK})
BODY: frozenset[SemanticClass] = frozenset(
    {_C.BODY_SKIN, _C.UPPER_CLOTHES, _C.LOWER_CLOTHES, _C.BODY_ACCESSORY}
)
# The paper's "lower face" is the face below the nose; these are its classes, and
# ``framing.lower_face_centre`` cuts them at the nose.
LOWER_FACE: frozenset[SemanticClass] = frozenset({_C.FACE, _C.MOUTH})
SKIN: frozenset[SemanticClass] = frozenset({_C.FACE, _C.NOSE, _C.EAR, _C.NECK, _C.BODY_SKIN})

GROUPS: Mapping[str, frozenset[SemanticClass]] = {
    "HEAD": HEAD,
    "NECK": NECK,
    "BODY": BODY,
    "LOWER_FACE": LOWER_FACE,
}


@dataclass(frozen=True)
class ClassInfo:
    """What a user sees of a class: English name and an sRGB colour."""

    id: SemanticClass
    name: str
    colour: tuple[int, int, int]

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(name for name, members in GROUPS.items() if self.id in members)


# Colours vary in lightness as well as in hue, so that any two of them stay apart for
# red-green and blue-yellow colour-blind users: by 20 units of CIELAB at least (a test holds it).
CLASSES: tuple[ClassInfo, ...] = (
    ClassInfo(_C.BACKGROUND, "background", (30, 30, 34)),
    ClassInfo(_C.HAT, "hat", (136, 32, 92)),
    ClassInfo(_C.HAIR, "hair", (230, 159, 0)),
    ClassInfo(_C.FACE, "face", (255, 213, 144)),
    ClassInfo(_C.GLASSES, "glasses", (0, 47, 113)),
    ClassInfo(_C.LEFT_EYE, "left eye and brow", (0, 140, 233)),
    ClassInfo(_C.RIGHT_EYE, "right eye and brow", (165, 218, 234)),
    ClassInfo(_C.NOSE, "nose", (222, 113, 53)),
    ClassInfo(_C.MOUTH, "mouth", (205, 12, 64)),
    ClassInfo(_C.EAR, "ear", (200, 165, 241)),
    ClassInfo(_C.NECK, "neck", (186, 122, 167)),
    ClassInfo(_C.BODY_SKIN, "body skin", (233, 255, 42)),
    ClassInfo(_C.UPPER_CLOTHES, "upper clothes", (0, 80, 204)),
    ClassInfo(_C.LOWER_CLOTHES, "lower clothes", (0, 122, 78)),
    ClassInfo(_C.HEAD_ACCESSORY, "head accessory", (115, 241, 200)),
    ClassInfo(_C.BODY_ACCESSORY, "body accessory", (94, 50, 15)),
)


def palette() -> NDArray[np.uint8]:
    """Class colours, ``(16, 3)`` uint8 sRGB."""
    return np.array([info.colour for info in CLASSES], dtype=np.uint8)


def mask_of(layout: Layout, classes: frozenset[SemanticClass]) -> NDArray[np.bool_]:
    """Where ``layout`` holds one of ``classes``: bool array of the layout's shape."""
    table = np.zeros(256, dtype=bool)
    table[[int(c) for c in classes]] = True
    return table[layout]


_SIDES = {_C.LEFT_EYE: _C.RIGHT_EYE, _C.RIGHT_EYE: _C.LEFT_EYE}
# What each class is in a mirrored picture.
MIRRORED: tuple[int, ...] = tuple(int(_SIDES.get(label, label)) for label in _C)


def swap_sides(layout: Layout) -> Layout:
    """Left eye for right eye and back: what a mirrored layout needs."""
    table = np.arange(256, dtype=np.uint8)
    table[:NUM_CLASSES] = MIRRORED
    return table[layout]


def flip_layout(layout: Layout) -> Layout:
    """Mirror a layout left to right; the eyes change sides with it."""
    return np.ascontiguousarray(swap_sides(layout[:, ::-1]))


def remap(labels: NDArray[np.integer], table: Mapping[int, SemanticClass]) -> Layout:
    """Translate another scheme's ids to ours; ids outside ``table`` become ``IGNORE``.

    Args:
        labels: integer array of ids, each in 0..255.
        table: their id -> our class, for instance ``LIP_20``.
    """
    lookup = np.full(256, IGNORE, dtype=np.uint8)
    for theirs, ours in table.items():
        lookup[theirs] = int(ours)
    return lookup[labels]


def _scheme(names: str, classes: Mapping[str, SemanticClass]) -> dict[int, SemanticClass]:
    """Ids counted from 0 in the order of ``names``."""
    return {i: classes[name] for i, name in enumerate(names.split())}


# --- Other schemes -------------------------------------------------------------------
# None of them tells the neck from the body or the lower from the whole face, so where a
# scheme has a single "skin" class it maps to the larger part; ``training.ccp`` refines
# CCP's skin with the landmarks.

CCP_NAMES = (
    "null accessories bag belt blazer blouse bodysuit boots bra bracelet cape cardigan clogs "
    "coat dress earrings flats glasses gloves hair hat heels hoodie intimate jacket jeans "
    "jumper leggings loafers necklace panties pants pumps purse ring romper sandals scarf "
    "shirt shoes shorts skin skirt sneakers socks stockings suit sunglasses sweater "
    "sweatshirt swimwear t-shirt tie tights top vest wallet watch wedges"
)
_CCP_GROUPS: dict[SemanticClass, str] = {
    _C.BACKGROUND: "null",
    _C.HAT: "hat",
    _C.HAIR: "hair",
    _C.GLASSES: "glasses sunglasses",
    _C.BODY_SKIN: "skin",
    _C.UPPER_CLOTHES: (
        "blazer blouse bodysuit bra cape cardigan coat dress hoodie intimate jacket jumper "
        "romper shirt suit sweater sweatshirt swimwear t-shirt tie top vest"
    ),
    _C.LOWER_CLOTHES: (
        "boots clogs flats heels jeans leggings loafers panties pants pumps sandals shoes "
        "shorts skirt sneakers socks stockings tights wedges"
    ),
    _C.HEAD_ACCESSORY: "earrings",
    _C.BODY_ACCESSORY: (
        "accessories bag belt bracelet gloves necklace purse ring scarf wallet watch"
    ),
}
CCP_59 = _scheme(
    CCP_NAMES, {name: cls for cls, names in _CCP_GROUPS.items() for name in names.split()}
)

LIP_20: dict[int, SemanticClass] = dict(
    enumerate(
        (
            _C.BACKGROUND, _C.HAT, _C.HAIR, _C.BODY_ACCESSORY, _C.GLASSES,  # glove, sunglasses
            _C.UPPER_CLOTHES, _C.UPPER_CLOTHES, _C.UPPER_CLOTHES,  # upper, dress, coat
            _C.LOWER_CLOTHES, _C.LOWER_CLOTHES, _C.LOWER_CLOTHES,  # socks, pants, jumpsuits
            _C.BODY_ACCESSORY, _C.LOWER_CLOTHES, _C.FACE,  # scarf, skirt, face
            _C.BODY_SKIN, _C.BODY_SKIN, _C.BODY_SKIN, _C.BODY_SKIN,  # arms, legs
            _C.LOWER_CLOTHES, _C.LOWER_CLOTHES,  # shoes
        )
    )
)  # fmt: skip

ATR_18: dict[int, SemanticClass] = dict(
    enumerate(
        (
            _C.BACKGROUND, _C.HAT, _C.HAIR, _C.GLASSES, _C.UPPER_CLOTHES,
            _C.LOWER_CLOTHES, _C.LOWER_CLOTHES, _C.UPPER_CLOTHES,  # skirt, pants, dress
            _C.BODY_ACCESSORY, _C.LOWER_CLOTHES, _C.LOWER_CLOTHES, _C.FACE,  # belt, shoes, face
            _C.BODY_SKIN, _C.BODY_SKIN, _C.BODY_SKIN, _C.BODY_SKIN,  # legs, arms
            _C.BODY_ACCESSORY, _C.BODY_ACCESSORY,  # bag, scarf
        )
    )
)  # fmt: skip

# background, head, torso, upper arms, lower arms, upper legs, lower legs. Parts are of the
# body, not of its clothes: torso and arms count as upper, legs as lower clothes.
PASCAL_PERSON_PART_7: dict[int, SemanticClass] = {
    0: _C.BACKGROUND,
    1: _C.FACE,
    2: _C.UPPER_CLOTHES,
    3: _C.UPPER_CLOTHES,
    4: _C.BODY_SKIN,
    5: _C.LOWER_CLOTHES,
    6: _C.LOWER_CLOTHES,
}

# background, skin, nose, eye_g, l_eye, r_eye, l_brow, r_brow, l_ear, r_ear, mouth, u_lip,
# l_lip, hair, hat, ear_r, neck_l, neck, cloth (the order of the CelebAMask-HQ parsers).
CELEBAMASK_HQ_19: dict[int, SemanticClass] = {
    0: _C.BACKGROUND, 1: _C.FACE, 2: _C.NOSE, 3: _C.GLASSES, 4: _C.LEFT_EYE,
    5: _C.RIGHT_EYE, 6: _C.LEFT_EYE, 7: _C.RIGHT_EYE, 8: _C.EAR, 9: _C.EAR, 10: _C.MOUTH,
    11: _C.MOUTH, 12: _C.MOUTH, 13: _C.HAIR, 14: _C.HAT, 15: _C.HEAD_ACCESSORY,
    16: _C.BODY_ACCESSORY, 17: _C.NECK, 18: _C.UPPER_CLOTHES,
}  # fmt: skip

"""Generated skin kept to the hues of real skin."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.skin import in_tone

SHAPE = (24, 32)
ALL = np.ones(SHAPE, np.float32)


def rgb(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    return (255 * cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)).astype(np.float32)


def lab(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    values = np.clip(colours / 255, 0, 1).astype(np.float32)
    return cv2.cvtColor(values, cv2.COLOR_RGB2LAB)


def flat(light: float, a: float, b: float) -> NDArray[np.float32]:
    return rgb(np.broadcast_to(np.array([light, a, b], np.float32), (*SHAPE, 3)))


def real_skin(count: int = 500) -> NDArray[np.float32]:
    """Lightness 50..80, redder where it is darker."""
    rng = np.random.default_rng(0)
    light = rng.uniform(50, 80, count)
    hue = np.stack([26 - 0.2 * light, 8 + 0.15 * light], 1) + rng.normal(0, 0.7, (count, 2))
    return rgb(np.column_stack([light, hue])[None].astype(np.float32))[0]


def test_a_stain_loses_its_hue_and_keeps_its_light() -> None:
    toned = lab(in_tone(flat(65, -6, 2), ALL, real_skin()))[0, 0]
    assert (np.abs(toned - (65, 13, 17.75)) < (0.5, 4, 4)).all()


def test_skin_of_the_right_hue_stays_as_it_is() -> None:
    for light in (52.0, 65.0, 78.0):
        image = flat(light, 26 - 0.2 * light, 8 + 0.15 * light)
        assert np.abs(in_tone(image, ALL, real_skin()) - image).max() < 1.5


def test_between_a_pale_face_and_a_red_chest_all_hues_are_skin() -> None:
    pale, red = flat(70, 6, 10), flat(66, 24, 22)
    reference = np.concatenate([pale.reshape(-1, 3), red.reshape(-1, 3)[:200]])
    for a, b in ((6, 10), (15, 16), (24, 22)):
        image = flat(68, a, b)
        assert np.abs(lab(in_tone(image, ALL, reference)) - lab(image)).max() < 2
    green = lab(in_tone(flat(68, -15, 20), ALL, reference))[0, 0]
    assert green[1] > 2


def test_what_shines_through_from_a_white_collar_is_dimmed() -> None:
    toned = lab(in_tone(flat(97, 0, 0), ALL, real_skin()))[0, 0]
    assert toned[0] < 84


def test_shadows_stay_dark() -> None:
    assert abs(float(lab(in_tone(flat(20, 5, 5), ALL, real_skin()))[0, 0, 0]) - 20) < 0.5


@given(hue=st.tuples(*[st.floats(-40, 40)] * 2), light=st.floats(5, 95), share=st.floats(0, 1))
def test_only_skin_changes_and_by_its_share(
    hue: tuple[float, float], light: float, share: float
) -> None:
    image = flat(light, *hue)
    skin = np.zeros(SHAPE, np.float32)
    skin[:, :16] = share
    toned, wholly = in_tone(image, skin, real_skin()), in_tone(image, ALL, real_skin())
    assert (toned[:, 16:] == image[:, 16:]).all()
    expected = image + share * (wholly - image)
    np.testing.assert_allclose(toned[:, :16], expected[:, :16], atol=0.01)


def test_too_little_skin_tells_nothing() -> None:
    image = flat(65, -6, 2)
    assert in_tone(image, ALL, real_skin(20)) is image
    assert in_tone(image, 0 * ALL, real_skin()) is image

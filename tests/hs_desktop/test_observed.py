"""Attributes whose changes are told."""

from __future__ import annotations

import pytest

from hs_desktop.observed import Observed, fraction


class Lamp:
    brightness = Observed[float](lambda lamp: lamp.told.append(lamp.brightness), keep=fraction)
    colour = Observed[str](lambda lamp: lamp.told.append(lamp.colour))

    def __init__(self) -> None:
        self.told: list[object] = []
        self.brightness = 0.5


def test_only_another_value_is_told() -> None:
    lamp = Lamp()
    lamp.brightness = 0.5
    assert lamp.told == []
    lamp.brightness = 0.7
    lamp.brightness = 3.0
    lamp.brightness = 1.5  # is kept as 1, which it is already
    assert lamp.told == [0.7, 1.0]


def test_objects_have_their_own_values() -> None:
    one, other = Lamp(), Lamp()
    one.brightness = 0.1
    assert (one.brightness, other.brightness) == (0.1, 0.5)
    assert other.told == []


def test_what_was_never_set_is_missing() -> None:
    lamp = Lamp()
    with pytest.raises(AttributeError, match="colour"):
        _ = lamp.colour
    lamp.colour = "red"
    assert (lamp.colour, lamp.told) == ("red", [])
    assert isinstance(Lamp.colour, Observed)

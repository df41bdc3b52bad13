"""Planes and projects as they were at one moment, while the user paints on."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, PictureLayer
from hs_desktop.document.planes import TILE, Plane
from hs_desktop.document.tiles import Recorder
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import facts, find, full_document

SIZE = (3 * TILE + 50, 2 * TILE + 30)  # width, height


def plane(channels: int = 1, seed: int = 0) -> Plane:
    shape = SIZE[::-1] if channels == 1 else (*SIZE[::-1], channels)
    return Plane(np.random.default_rng(seed).integers(0, 256, shape, np.uint8))


def test_nothing_is_copied_before_it_is_written() -> None:
    live = plane()
    was = live.pixels.copy()
    frozen = live.frozen()
    assert not frozen.kept
    Recorder(live).touch(Rect(10, 10, 20, 20))[...] = 7
    assert list(frozen.kept) == [(0, 0)]
    Recorder(live).touch(Rect(TILE - 1, 0, TILE + 1, 5))[...] = 8
    assert sorted(frozen.kept) == [(0, 0), (0, 1)]
    np.testing.assert_array_equal(frozen.pixels, was)
    assert (live.pixels[10:20, 10:20] == 7).all()


@pytest.mark.parametrize("channels", [1, 4])
def test_any_part_is_as_it_was(channels: int) -> None:
    live = plane(channels)
    was = live.pixels.copy()
    frozen = live.frozen()
    Recorder(live).touch(Rect(100, 200, 600, 300))[...] = 0
    rng = np.random.default_rng(3)
    for _ in range(50):
        x0, x1 = sorted(rng.choice(SIZE[0] + 1, 2, replace=False))
        y0, y1 = sorted(rng.choice(SIZE[1] + 1, 2, replace=False))
        part = frozen.read(Rect(x0, y0, x1, y1))
        np.testing.assert_array_equal(part, was[y0:y1, x0:x1])
        assert not part.flags.writeable


def test_each_moment_is_one_of_its_own() -> None:
    live = plane()
    moments = []
    for value in range(5):
        moments.append((live.frozen(), live.pixels.copy(), live.key))
        Recorder(live).touch(Rect(value * 40, 0, value * 40 + 300, 300))[...] = value
    for frozen, was, key in moments:
        np.testing.assert_array_equal(frozen.pixels, was)
        assert frozen.key == key
        assert frozen.frozen() is frozen
        assert frozen.copy().key == key


def test_it_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="frozen"):
        plane().frozen().writable(Rect(0, 0, 1, 1))


def test_what_is_hashed_of_it_is_known_of_the_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    live = plane()
    frozen = live.frozen()
    written = Rect(0, 0, 4, 4)
    Recorder(live).touch(written)[...] ^= 1
    assert frozen.key != live.frozen().key
    read: list[Rect] = []
    original = Plane.read
    monkeypatch.setattr(Plane, "read", lambda self, rect: read.append(rect) or original(self, rect))
    assert live.key == Plane(live.pixels).key
    hashed_anew = read[: len(read) - len(list(live.tiles(live.rect)))]
    assert hashed_anew == []
    Recorder(live).touch(written)[...] ^= 1
    read.clear()
    assert live.key == frozen.key
    assert read == [live.tile_rect((0, 0))]


def test_another_thread_reads_while_the_user_paints() -> None:
    """Every reading is whole, whatever is written at the same time."""
    live = plane(4)
    was, key = live.pixels.copy(), live.key
    torn: list[int] = []
    done = threading.Event()

    def read() -> None:
        for number in range(60):
            frozen = frozens[number % len(frozens)]
            if not np.array_equal(frozen.pixels, was) or frozen.key != key:
                torn.append(number)
        done.set()

    frozens = [live.frozen() for _ in range(4)]
    thread = threading.Thread(target=read)
    thread.start()
    rng = np.random.default_rng(1)
    while not done.is_set():
        x, y = rng.integers(0, SIZE[0] - 90), rng.integers(0, SIZE[1] - 90)
        recorder = Recorder(live)
        recorder.touch(Rect(x, y, x + 90, y + 90))[...] ^= 255
        if rng.random() < 0.5:
            recorder.restore()
    thread.join()
    assert torn == []


def test_a_frozen_project_is_as_it_was() -> None:
    document = full_document()
    before = facts(document.state)
    frozen = document.state.frozen()
    for kind, name in ((LayoutLayer, "ids"), (PictureLayer, "pixels")):
        layer = find(document, Side.RESULT, kind)
        with (
            document.stroke(layer.id, "Brush") as stroke,
            stroke.edit(name, Rect(0, 0, 9, 9)) as pixels,
        ):
            pixels[...] = 3
    after = facts(document.state)
    assert after != before
    assert facts(frozen) == before
    document.undo()
    document.undo()
    assert facts(document.state) == before
    assert facts(frozen) == before


def test_what_nobody_needs_any_more_costs_nothing() -> None:
    live = plane()
    frozen = live.frozen()
    Recorder(live).touch(Rect(0, 0, 5, 5))[...] = 1
    assert frozen.kept
    del frozen
    Recorder(live).touch(Rect(0, 0, 5, 5))[...] = 2
    assert not any(ref() for ref in live._frozen)

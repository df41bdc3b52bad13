"""Person finding, with networks that can read painted faces: what is held are the coordinates."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.errors import NoPersonError
from engine.finding import finder
from engine.finding.finder import Head, find_heads, pick_head
from engine.finding.model import DETECTOR_FACE, STRIDE
from engine.framing import Similarity, canonical_frame
from engine.training.data import to_image
from tests.engine import tiny
from tests.engine.people import find_painted, person, snapshot
from tests.engine.pictures import noise

pytestmark = pytest.mark.usefixtures("one_thread")


class Reader:
    """A finder that knows painted faces: the detector only those of its own size."""

    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self) -> None:
        self.looked_at: list[tuple[int, ...]] = []

    def detect(self, image: Tensor) -> Tensor:
        self.looked_at.append(tuple(image.shape[-2:]))
        h, w = image.shape[-2] // STRIDE, image.shape[-1] // STRIDE
        cells = torch.zeros(1, 6, h, w)
        cells[:, 0] = -9
        for head in find_painted(None, to_image(image[0])):
            if not 0.5 < head.height / DETECTOR_FACE < 2:
                continue
            x, y = head.centre
            column, row = min(int(x / STRIDE), w - 1), min(int(y / STRIDE), h - 1)
            roll = -head.to_frame.angle
            cells[0, :, row, column] = torch.tensor([
                3.0,
                (x - (column + 0.5) * STRIDE) / DETECTOR_FACE,
                (y - (row + 0.5) * STRIDE) / DETECTOR_FACE,
                math.log(head.height / DETECTOR_FACE),
                math.sin(roll),
                math.cos(roll),
            ])  # fmt: skip
        return cells

    def refine(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        points, logits = torch.zeros(len(crops), 12, 2), torch.full((len(crops),), -9.0)
        for k, crop in enumerate(crops):
            for head in find_painted(None, to_image(crop)):
                ends = head.to_frame.inverse().apply(np.array([(128.0, 40.0), (128.0, 96.0)]))
                points[k, :2] = torch.from_numpy(ends)
                logits[k] = 9.0
        return points, logits


def read(photo: np.ndarray, **options: object) -> list[Head]:
    return find_heads(Reader(), photo, **options)  # type: ignore[arg-type]


# --- any size, any place --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("face", "at", "size"),
    [
        (60, (300, 90), (600, 800)),  # a whole body
        (70, (60, 700), (600, 800)),  # in a corner
        (300, (310, 290), (600, 640)),  # a close portrait
        (420, (1500, 700), (2400, 1800)),
        (46, (60, 70), (120, 140)),  # a small photo
        (90, (700, 120), (1400, 300)),  # a wide one
    ],
)
@pytest.mark.parametrize("degrees", [0, -14])
def test_a_face_is_found_where_it_is(
    face: float, at: tuple[float, float], size: tuple[int, int], degrees: float
) -> None:
    photo = snapshot(face=face, at=at, size=size, degrees=degrees).pixels
    (head,) = read(photo)
    assert math.dist(head.centre, at) < 0.05 * face
    assert head.height == pytest.approx(face, rel=0.05)
    assert math.degrees(head.to_frame.angle) == pytest.approx(-degrees, abs=3)
    np.testing.assert_allclose(head.to_frame.apply(np.array(at)), (128, 68), atol=2.5)
    assert 0.5 < head.score <= 1


def test_a_scene_without_anybody() -> None:
    assert read(np.full((300, 400, 3), 77, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 2), (40, 40), (65, 64)])
def test_photos_of_any_shape(shape: tuple[int, int]) -> None:
    assert isinstance(find_heads(tiny.finder(), noise(*shape, 3)), list)


def test_the_real_networks_answer_in_any_precision() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        model = tiny.finder().to(dtype)
        heads = find_heads(model, noise(200, 160, 3), score=0.0, thorough=True)
        assert isinstance(heads, list)


def test_levels_go_from_large_heads_to_small_ones() -> None:
    model = Reader()
    photo = snapshot(face=200, at=(200, 200), size=(420, 480)).pixels
    find_heads(model, photo)  # type: ignore[arg-type]
    found_at_once = len(model.looked_at)
    find_heads(model, photo, thorough=True)  # type: ignore[arg-type]
    assert len(model.looked_at) > 2 * found_at_once
    sides = [max(shape) for shape in model.looked_at[found_at_once:]]
    assert sides == sorted(sides)
    assert all(side % 32 == 0 for shape in model.looked_at for side in shape)


def test_a_second_opinion() -> None:
    photo = snapshot(face=80, at=(160, 150), size=(330, 400)).pixels
    frames = []

    def agree(frame: np.ndarray) -> float:
        frames.append(frame)
        return 0.9

    (head,) = read(photo, verify=agree)
    assert head.score > 0.9  # the detector is surer still
    assert frames[0].shape == (256, 256, 3)
    (seen,) = find_painted(None, frames[0])
    assert math.dist(seen.centre, (128, 68)) < 3
    assert read(photo, verify=lambda frame: 0.1) == []


@pytest.mark.parametrize(
    ("score", "opinion", "told"),
    [(0.5, 0.7, 0.7), (0.5, 0.35, None), (0.96, 0.35, 0.655), (0.96, 0.8, 0.88), (0.96, 0.2, None)],
)
def test_faces_turned_away_need_a_sure_detector(
    monkeypatch: pytest.MonkeyPatch, score: float, opinion: float, told: float | None
) -> None:
    head = head_at(200, 150, score=score)
    peak = finder._Candidate(*head.centre, head.height, 0.0, score)
    monkeypatch.setattr(finder, "_peaks", lambda *_: [peak])
    monkeypatch.setattr(finder, "_refine", lambda *_: head)
    photo = np.zeros((300, 400, 3), np.uint8)
    found = find_heads(tiny.finder(), photo, verify=lambda frame: opinion)
    assert [h.score for h in found] == ([] if told is None else [pytest.approx(told)])


def test_a_bad_first_look_rules_out_no_better_one(monkeypatch: pytest.MonkeyPatch) -> None:
    good = head_at(200, 150, score=0.8)

    def peaks(model: object, photo: object, longest: int, score: float) -> list:
        if longest == finder.SMALLEST:  # seen far too large, and refined to nonsense
            return [finder._Candidate(205.0, 150.0, 90.0, 0.0, 0.9)]
        return [finder._Candidate(*good.centre, good.height, 0.0, good.score)]

    monkeypatch.setattr(finder, "_peaks", peaks)
    monkeypatch.setattr(finder, "_refine", lambda model, photo, c: good if c.height == 50 else None)
    photo = np.zeros((300, 400, 3), np.uint8)
    assert [h.centre for h in find_heads(tiny.finder(), photo)] == [good.centre]


def test_unclear_places_are_looked_at_only_if_no_clear_one_is_a_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clear, unclear = head_at(100, 150, score=0.9), head_at(300, 150, score=0.3)
    seen: list[float] = []

    def refine(model: object, photo: object, c: finder._Candidate) -> Head | None:
        seen.append(c.x)
        return unclear if c.x == 300 else None if blind else clear

    monkeypatch.setattr(
        finder, "_peaks",
        lambda *_: [finder._Candidate(*h.centre, 50.0, 0.0, h.score) for h in (unclear, clear)],
    )  # fmt: skip
    monkeypatch.setattr(finder, "_refine", refine)
    photo = np.zeros((300, 400, 3), np.uint8)
    blind = False
    assert find_heads(tiny.finder(), photo) == [clear]
    assert set(seen) == {100}
    blind = True
    assert find_heads(tiny.finder(), photo) == [unclear]


# --- several ----------------------------------------------------------------------------------


def head_at(x: float, y: float, height: float = 50, score: float = 0.9) -> Head:
    frame = canonical_frame((x, y - height / 2), (x, y + height / 2))
    return Head((x, y), height, frame, score)


def scripted(
    monkeypatch: pytest.MonkeyPatch, heads: list[Head], shape: tuple[int, int] = (300, 400)
) -> list[Head]:
    """What is made of candidates of these heads, all seen at the first level."""
    by_place = {h.centre: h for h in heads}

    def peaks(model: object, photo: object, longest: int, score: float) -> list:
        if longest != finder.SMALLEST:
            return []
        return [finder._Candidate(*h.centre, h.height, 0.0, h.score) for h in heads]

    monkeypatch.setattr(finder, "_peaks", peaks)
    monkeypatch.setattr(finder, "_refine", lambda model, photo, c: by_place[(c.x, c.y)])
    return find_heads(tiny.finder(), np.zeros((*shape, 3), np.uint8), thorough=True)


def test_the_most_prominent_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = head_at(80, 100, 30), head_at(300, 100, 60)
    assert scripted(monkeypatch, [small, large])[0] == large
    sure, unsure = head_at(80, 150, score=0.9), head_at(320, 150, score=0.5)
    assert scripted(monkeypatch, [unsure, sure])[0] == sure
    middle, edge = head_at(200, 150), head_at(20, 150)
    assert scripted(monkeypatch, [edge, middle])[0] == middle


def test_hands_and_number_plates_are_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unlikely places aren't looked at, unless there is nobody else."""
    person, other, hand = (
        head_at(200, 150),
        head_at(80, 60, score=0.3),
        head_at(340, 220, score=0.2),
    )
    assert set(scripted(monkeypatch, [person, other, hand])) == {person, other}
    assert scripted(monkeypatch, [hand]) == [hand]


def test_one_head_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = [head_at(100, 100, 50, 0.7), head_at(110, 105, 55, 0.9), head_at(300, 100)]
    assert {h.centre for h in scripted(monkeypatch, heads)} == {(110, 105), (300, 100)}


def test_picking_by_point_and_box() -> None:
    left, right = head_at(100, 100), head_at(300, 120)
    heads = [left, right]
    assert pick_head(heads) is left
    assert pick_head(heads, (310, 150)) is right
    assert pick_head(heads, (290, 60, 340, 180)) is right
    assert pick_head(heads, (0, 0, 400, 400)) in heads
    assert pick_head(list(reversed(heads))) is right


@pytest.mark.parametrize(
    ("heads", "at", "said"),
    [
        ([], None, "No person's head was found in sea.png."),
        ([], (3.0, 4.0), "No person's head was found in sea.png."),
        ([head_at(100, 100)], (300.5, 100.0), "found at 300.5, 100 in sea.png."),
        ([head_at(100, 100)], (200.0, 0.0, 260.0, 50.0), "at 200, 0, 260, 50 in sea.png."),
    ],
)
def test_nobody_there(heads: list[Head], at: tuple[float, ...] | None, said: str) -> None:
    with pytest.raises(NoPersonError) as caught:
        pick_head(heads, at, name="sea.png")
    assert said in str(caught.value)
    assert caught.value.subject == "sea.png"


def test_painted_people_are_read_right() -> None:
    """The stand-in itself: in the canonical frame, the frame is the identity."""
    from engine.labels import palette

    (head,) = find_painted(None, palette()[person()])
    np.testing.assert_allclose(head.to_frame.matrix, Similarity().matrix, atol=1)

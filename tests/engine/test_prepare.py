"""Canonical frames and layouts from a dataset in the manner of CCP."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import InputFileError
from engine.framing import FRAME_SIZE
from engine.labels import IGNORE, SemanticClass, mask_of
from engine.training import ccp, prepare
from engine.training.data import Frames
from engine.training.prepare import MANIFEST, MARGIN, WIDE, Item, read_manifest
from tests.engine.people import CHIN_Y, TOP_Y, person, read_colours

C = SemanticClass


def parse(frame: np.ndarray) -> np.ndarray:
    return read_colours(frame).argmax(0)


def everything(dataset: Path, folder: Path, **options: object) -> list[tuple[int, int]]:
    return list(prepare.prepare(dataset, folder, **options))  # type: ignore[arg-type]


def read(folder: Path, number: int) -> tuple[np.ndarray, np.ndarray]:
    frame = cv2.imread(str(folder / "frames" / f"{number:04d}.png"))
    layout = cv2.imread(str(folder / "layouts" / f"{number:04d}.png"), cv2.IMREAD_UNCHANGED)
    return frame[..., ::-1], layout


# --- what is made ---------------------------------------------------------------------------


def test_the_manifest(dataset: Path, prepared: Path) -> None:
    source, items = read_manifest(prepared)
    assert source == dataset.resolve()
    assert {i.id: (i.split, i.layout) for i in items} == {  # 3 has no landmarks
        1: ("train", "labels"), 2: ("train", "labels"),
        805: ("validation", "labels"), 904: ("validation", "labels"),
        1005: ("train", "parser"), 1006: ("train", "parser"),
        1799: ("validation", "parser"), 1898: ("validation", "parser"),
    }  # fmt: skip
    for item in items:
        assert (source / item.photo).is_file()
        assert item.size == (320, 400)
        seen = item.to_frame.apply(np.array(item.points[:2]))
        np.testing.assert_allclose(seen, [(128, TOP_Y), (128, CHIN_Y)], atol=1e-6)


def test_frames_and_layouts(prepared: Path) -> None:
    m = np.s_[MARGIN : MARGIN + FRAME_SIZE]
    for number in (1, 1005):
        frame, layout = read(prepared, number)
        assert frame.shape == (WIDE, WIDE, 3)
        assert layout.shape == (WIDE, WIDE)
        wanted, got = person(long_hair=number == 1006), layout[m, m]
        shown = got != IGNORE
        assert 0.8 < shown.mean() < 1
        if number == 1:
            assert (got == wanted)[shown].mean() > 0.97
        else:  # parsed from a JPEG
            assert mask_of(got, frozenset({C.HAIR, C.HAT, C.FACE})).sum() > 1000
        # What the layout ignores lies beyond the photo, whose last pixels go on there.
        assert (layout[-1] == IGNORE).all()


def test_labels_that_lie_off_are_moved_back(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for dx, dy in ((0, 0), (8, 3)):
        off = tmp_path / f"off by {dx}"
        shutil.copytree(dataset, off)
        for path in (off / "labels").iterdir():
            labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            cv2.imwrite(str(path), np.roll(labels, (dy, dx), (0, 1)))
        monkeypatch.setattr(ccp, "LABELS_OFF", (dx, dy))
        everything(off, off / "prepared")
        found[dx] = read(off / "prepared", 1)
    (frame, layout), (same_frame, moved_back) = found.values()
    np.testing.assert_array_equal(frame, same_frame)
    shown = (layout != IGNORE) & (moved_back != IGNORE)
    assert shown.mean() > 0.3
    np.testing.assert_array_equal(layout[shown], moved_back[shown])


def test_the_split() -> None:
    held_out = [n for n in range(1, 1899) if ccp.split_of(n) == "validation"]
    assert held_out == [*range(805, 905), *range(1799, 1899)]


@pytest.mark.parametrize("sources", [("labels",), ("labels", "parser"), ("none", "parser")])
def test_validation_photos_are_never_trained_on(prepared: Path, sources: tuple[str, ...]) -> None:
    train = Frames.load(prepared, "train", sources=sources)
    for item in train.items:
        assert not 805 <= item.id <= 904
        assert not 1799 <= item.id <= 1898
    held_out = Frames.load(prepared, "validation", sources=sources)
    assert {i.id for i in held_out.items}.isdisjoint(i.id for i in train.items)
    assert {i.layout for i in train.items + held_out.items} <= set(sources)


def test_frames_in_memory(prepared: Path) -> None:
    frames = Frames.load(prepared, "train")
    assert len(frames) == len(frames.images) == len(frames.layouts) == 4
    image, layout = frames.canonical(0)
    assert image.shape == (256, 256, 3)
    assert image[68, 100].tolist() == pytest.approx([230, 159, 0], abs=12)  # hair, as RGB
    assert layout[68, 100] == C.HAIR
    with pytest.raises(InputFileError, match="no train photos with layouts from: none"):
        Frames.load(prepared, "train", sources=("none",))


# --- stopped and resumed ----------------------------------------------------------------------


def test_a_stopped_run_goes_on_where_it_was(dataset: Path, prepared: Path, tmp_path: Path) -> None:
    steps = prepare.prepare(dataset, tmp_path, parse=parse)
    assert [next(steps) for _ in range(3)] == [(1, 9), (2, 9), (3, 9)]
    steps.close()
    before = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*/*.png")}
    assert len(before) == 4
    # A kill may cut off the line that was being written, and the picture.
    with (tmp_path / MANIFEST).open("a") as file:
        file.write('{"id": 805, "photo": "pho')
    (tmp_path / "frames" / "0805.part").write_bytes(b"half a picture")
    assert len(read_manifest(tmp_path)[1]) == 2
    assert everything(dataset, tmp_path, parse=parse)[-1] == (9, 9)
    assert read_manifest(tmp_path) == read_manifest(prepared)
    assert (tmp_path / MANIFEST).read_bytes() == (prepared / MANIFEST).read_bytes()
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    for path in prepared.glob("*/*.png"):
        assert (tmp_path / path.relative_to(prepared)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("cut", [0, 1, 10, 200])
def test_stopped_right_at_the_start(dataset: Path, tmp_path: Path, cut: int) -> None:
    for _ in range(3):  # killed more than once before the first photo was done
        steps = prepare.prepare(dataset, tmp_path)
        next(steps)
        steps.close()
    whole = (tmp_path / MANIFEST).read_bytes()
    (tmp_path / MANIFEST).write_bytes(whole[: len(whole) - cut])
    everything(dataset, tmp_path)
    assert len(read_manifest(tmp_path)[1]) == 8


def test_nothing_is_made_twice(
    dataset: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(prepared, tmp_path / "p")
    monkeypatch.setattr(prepare, "_prepare_one", lambda *_: pytest.fail("made again"))
    everything(dataset, folder, parse=parse)
    everything(dataset, folder)
    assert read_manifest(folder) == read_manifest(prepared)


def test_pseudo_labels_come_later(dataset: Path, prepared: Path, tmp_path: Path) -> None:
    everything(dataset, tmp_path)
    sources = {i.id: i.layout for i in read_manifest(tmp_path)[1]}
    assert sources[1005] == "none"
    _, layout = read(tmp_path, 1005)
    assert (layout == IGNORE).all()
    # Stopped half way with some photos standing in the manifest twice: the newest counts.
    steps = prepare.prepare(dataset, tmp_path, parse=parse)
    while next(steps)[0] < 6:
        pass
    steps.close()
    sources = {i.id: i.layout for i in read_manifest(tmp_path)[1]}
    assert (sources[1005], sources[1006]) == ("parser", "none")
    everything(dataset, tmp_path, parse=parse)
    assert read_manifest(tmp_path) == read_manifest(prepared)


def test_pseudo_labels_stop_at_the_photos_border(dataset: Path, tmp_path: Path) -> None:
    seen = []

    def everywhere_hat(frame: np.ndarray) -> np.ndarray:
        seen.append(frame)
        return np.full(frame.shape[:2], C.HAT, np.uint8)

    everything(dataset, tmp_path, parse=everywhere_hat)
    frame, layout = read(tmp_path, 1005)
    assert (seen[0] == frame).all()  # RGB, as it is stored
    assert set(np.unique(layout)) == {C.HAT, IGNORE}
    assert (layout[MARGIN + 40 : -MARGIN - 40, MARGIN + 40 : -MARGIN - 40] == C.HAT).all()


# --- bad input --------------------------------------------------------------------------------


@pytest.fixture
def damaged(dataset: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(dataset, tmp_path / "damaged"))


@pytest.mark.parametrize("part", ["photos", "labels", "landmarks.npz"])
def test_what_a_dataset_must_hold(damaged: Path, tmp_path: Path, part: str) -> None:
    (damaged / part).rename(damaged / "gone")
    with pytest.raises(InputFileError, match=part):
        everything(damaged, tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "said"), [("photos/0001.jpg", "as a photo"), ("labels/0002.png", "as labels")]
)
def test_files_that_are_no_pictures(damaged: Path, tmp_path: Path, name: str, said: str) -> None:
    (damaged / name).write_text("no picture")
    with pytest.raises(InputFileError, match=f"{name} can't be read {said}"):
        everything(damaged, tmp_path / "out")


def test_photos_are_numbered(damaged: Path, tmp_path: Path) -> None:
    (damaged / "photos" / "0001.jpg").rename(damaged / "photos" / "anna.jpg")
    with pytest.raises(InputFileError, match=r"anna\.jpg has no number"):
        everything(damaged, tmp_path / "out")


@pytest.mark.parametrize("text", ["", "{}\n", "no JSON\n", '{"dataset": "x"}\n{"id": 3}\n'])
def test_damaged_manifests(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(InputFileError, match="damaged"):
        read_manifest(tmp_path)


def test_folders_that_hold_no_prepared_data(tmp_path: Path, prepared: Path) -> None:
    with pytest.raises(InputFileError, match="run 'prepare' first"):
        read_manifest(tmp_path)
    folder = shutil.copytree(prepared, tmp_path / "p")
    (folder / "layouts" / "0002.png").unlink()
    with pytest.raises(InputFileError, match="photo 2; run 'prepare' again"):
        Frames.load(folder, "train")


# --- CCP's one skin class ---------------------------------------------------------------------


def test_skin_is_split_by_the_landmarks(prepared: Path) -> None:
    layout = read(prepared, 1)[1][MARGIN:-MARGIN, MARGIN:-MARGIN]
    rows = {c: np.flatnonzero((layout == c).any(1)) for c in (C.FACE, C.NECK, C.NOSE, C.MOUTH)}
    assert rows[C.FACE][0] == pytest.approx(TOP_Y, abs=2)
    assert rows[C.FACE][-1] == pytest.approx(CHIN_Y, abs=2)
    assert rows[C.NECK][-1] <= CHIN_Y + 0.5 * 56 + 1  # half a face height under the chin
    assert rows[C.NOSE][-1] < rows[C.MOUTH][0]
    # The person's left eye stands on the right.
    left, right = (np.argwhere(layout == c)[:, 1].mean() for c in (C.LEFT_EYE, C.RIGHT_EYE))
    assert left > 128 > right


def test_accessories_at_the_head_belong_to_it() -> None:
    points = np.full((478, 2), (128.0, 68.0))
    points[[ccp.TOP, ccp.CHIN]] = (128, 40), (128, 96)
    points[[ccp.RIGHT_SIDE, ccp.LEFT_SIDE]] = (106, 68), (150, 68)
    labels = np.zeros((256, 256), np.uint8)
    labels[30:40, 110:120] = labels[200:210, 110:120] = 1  # "accessories"
    labels[0, 0] = IGNORE
    layout = ccp.refine(labels, points)
    assert layout[35, 115] == C.HEAD_ACCESSORY
    assert layout[205, 115] == C.BODY_ACCESSORY
    assert layout[0, 0] == IGNORE


def test_items_are_plain_json() -> None:
    item = Item(7, "photos/0007.jpg", "train", "none", [[1.5, 2.0], [1.5, 9.0]], (3, 4))
    text = json.dumps(item.__dict__)
    assert Item(**json.loads(text)).points == item.points

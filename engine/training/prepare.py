"""Dataset preparation: canonical frames and layouts, resumable, with a manifest.

A prepared folder holds ``frames/ID.png`` and ``layouts/ID.png`` (class ids; 255 where nothing
is known), both ``WIDE x WIDE``: the canonical frame with ``MARGIN`` px around it, so that
augmentation has something to move, and ``manifest.jsonl`` with one object a photo.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InputFileError
from engine.framing import FRAME_SIZE, Similarity, canonical_frame, warp
from engine.labels import IGNORE, Layout
from engine.sentences import Sentence
from engine.training import ccp

MARGIN = 96
WIDE = FRAME_SIZE + 2 * MARGIN
MANIFEST = "manifest.jsonl"

# wide frame (448, 448, 3) RGB uint8 -> layout (448, 448)
Parse = Callable[[NDArray[np.uint8]], Layout]


@dataclass(frozen=True)
class Item:
    """One photo of a prepared folder.

    Attributes:
        id: the photo's number in the dataset.
        photo: path of the photo, relative to the dataset.
        split: ``"train"`` or ``"validation"``.
        layout: ``"labels"``, ``"parser"`` (pseudo-labels) or ``"none"``.
        points: landmarks used for framing in photo pixels: top of the face oval, chin,
            right and left side of the face, eyes, nose tip, mouth corners: ``(x, y)`` each.
        size: the photo's (width, height).
    """

    id: int
    photo: str
    split: str
    layout: str
    points: list[list[float]]
    size: tuple[int, int]

    @property
    def to_frame(self) -> Similarity:
        """Photo -> canonical frame (256, without the margin)."""
        return canonical_frame(np.array(self.points[0]), np.array(self.points[1]))


# Face-mesh points kept in the manifest; the first two define the frame.
KEPT_POINTS = (10, 152, 234, 454, 33, 133, 362, 263, 1, 61, 291, 168)


def read_manifest(folder: Path) -> tuple[Path, list[Item]]:
    """The dataset's path and the items of a prepared folder; raises ``InputFileError``."""
    path = folder / MANIFEST
    if not path.is_file():
        raise InputFileError(
            Sentence(
                "{path} holds no prepared data ({name} is missing); run 'prepare' first.",
                path=folder,
                name=MANIFEST,
            ),
            subject=folder,
        )
    text = path.read_text(encoding="utf-8")
    try:
        # What follows the last line's end was cut off by a kill.
        head, *rows = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        items = {  # the newest of each photo
            row["id"]: Item(**{**row, "size": tuple(row["size"])}) for row in rows
        }
        return Path(head["dataset"]), list(items.values())
    except (ValueError, TypeError, KeyError) as error:
        raise InputFileError(
            Sentence("{path} is damaged; remove it and run 'prepare' again.", path=path),
            subject=path,
        ) from error


def _write_manifest(folder: Path, dataset: Path, items: Mapping[int, Item]) -> None:
    rows = [{"dataset": str(dataset.resolve())}, *(asdict(items[i]) for i in sorted(items))]
    partial = folder / (MANIFEST + ".part")
    partial.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    partial.replace(folder / MANIFEST)


def _write_png(path: Path, image: NDArray[np.uint8]) -> None:
    ok, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not ok:
        raise InputFileError(Sentence("{path} could not be encoded.", path=path), subject=path)
    partial = path.with_suffix(".part")
    partial.write_bytes(data.tobytes())
    partial.replace(path)


def _layout_of(
    label_path: Path,
    frame: NDArray[np.uint8],
    inside: NDArray[np.bool_],
    to_wide: Similarity,
    points: NDArray[np.float64],
    parse: Parse | None,
) -> tuple[Layout, str]:
    if label_path.is_file():
        labels = cv2.imread(str(label_path), cv2.IMREAD_UNCHANGED)
        if labels is None or labels.ndim != 2:
            raise InputFileError(
                Sentence("{path} can't be read as labels.", path=label_path), subject=label_path
            )
        dx, dy = ccp.LABELS_OFF
        wide_labels = warp(
            np.asarray(labels, np.uint8), Similarity().with_shift(-dx, -dy).then(to_wide),
            (WIDE, WIDE), interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT,
            border_value=IGNORE,
        )  # fmt: skip
        return ccp.refine(wide_labels, to_wide.apply(points)), "labels"
    layout = np.full((WIDE, WIDE), IGNORE, dtype=np.uint8)
    if parse is None:
        return layout, "none"
    layout[:] = parse(frame)
    layout[~inside] = IGNORE
    return layout, "parser"


def prepare(
    dataset: Path, folder: Path, *, parse: Parse | None = None
) -> Iterator[tuple[int, int]]:
    """Make canonical frames and layouts of a CCP-like dataset; yields (done, total).

    Finished photos are not made again, so a stopped run resumes; with ``parse``, photos
    without labels get pseudo-labels, also those prepared without any before.

    Args:
        dataset: folder with ``photos/``, ``labels/`` and ``landmarks.npz``.
        folder: where frames, layouts and the manifest go.
        parse: the trained parser, for pseudo-labels.

    Raises:
        InputFileError: the dataset lacks something, or a photo can't be read.
    """
    for part in ("photos", "labels", "landmarks.npz"):
        if not (dataset / part).exists():
            raise InputFileError(
                Sentence("{path} holds no {part}.", path=dataset, part=part), subject=dataset
            )
    landmarks = ccp.read_landmarks(dataset)
    photos = sorted((dataset / "photos").glob("*.jpg"))
    for path in photos:
        if not path.stem.isdecimal():
            raise InputFileError(
                Sentence("{path} has no number for a name.", path=path), subject=path
            )
    done: dict[int, Item] = {}
    if (folder / MANIFEST).is_file():
        done = {item.id: item for item in read_manifest(folder)[1]}
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    (folder / "layouts").mkdir(exist_ok=True)
    _write_manifest(folder, dataset, done)
    with (folder / MANIFEST).open("a", encoding="utf-8") as manifest:
        for count, path in enumerate(photos, start=1):
            number = int(path.stem)
            old = done.get(number)
            if number in landmarks and (old is None or (old.layout == "none" and parse)):
                item = _prepare_one(dataset, folder, path, landmarks[number], parse)
                done[number] = item
                print(json.dumps(asdict(item)), file=manifest, flush=True)
            yield count, len(photos)
    _write_manifest(folder, dataset, done)  # a photo prepared again stands there twice


def _prepare_one(
    dataset: Path, folder: Path, path: Path, points: NDArray[np.float64], parse: Parse | None
) -> Item:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise InputFileError(Sentence("{path} can't be read as a photo.", path=path), subject=path)
    to_wide = canonical_frame(points[ccp.TOP], points[ccp.CHIN]).with_shift(MARGIN, MARGIN)
    wide = warp(bgr, to_wide, (WIDE, WIDE), interpolation=cv2.INTER_AREA)
    frame = np.ascontiguousarray(wide[..., ::-1])
    inside = warp(
        np.ones(bgr.shape[:2], np.uint8), to_wide, (WIDE, WIDE),
        interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT,
    ).astype(bool)  # fmt: skip
    layout, source = _layout_of(
        dataset / "labels" / f"{path.stem}.png", frame, inside, to_wide, points, parse
    )
    _write_png(folder / "frames" / f"{path.stem}.png", wide)
    _write_png(folder / "layouts" / f"{path.stem}.png", layout)
    return Item(
        id=int(path.stem),
        photo=path.relative_to(dataset).as_posix(),
        split=ccp.split_of(int(path.stem)),
        layout=source,
        points=points[list(KEPT_POINTS)].round(2).tolist(),
        size=(bgr.shape[1], bgr.shape[0]),
    )

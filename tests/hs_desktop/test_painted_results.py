"""What is painted on the layout of the result, when the head is moved afterwards."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from engine.labels import SemanticClass
from engine.requests import HeadTransform
from hs_desktop import edits
from hs_desktop.document import commands, jsonvalues
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.document.manifest import from_manifest, to_manifest
from hs_desktop.editor import Editor
from hs_desktop.rects import Rect
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import facts
from tests.hs_desktop.fake_engine import FakeEngine, layout_of

C = SemanticClass
HAT, BAG = Rect(60, 10, 100, 22), Rect(10, 150, 40, 170)
MOVED = HeadTransform(shift=(15, 6))
HAT_MOVED = Rect(75, 16, 115, 28)


def paint(document: Document, rect: Rect, class_id: SemanticClass) -> None:
    layer = layout(document)
    with (
        document.stroke(layer.id, "Paint") as stroke,
        stroke.edit("ids", rect) as pixels,
    ):
        pixels[...] = class_id


def layout(document: Document) -> LayoutLayer:
    layer = edits.topmost_layout(document, Side.RESULT)
    assert layer is not None
    return layer


def drawn(document: Document) -> np.ndarray:
    """What is painted, with 255 elsewhere."""
    return layout(document).painted()


def where(size: tuple[int, int], *painted: tuple[Rect, SemanticClass]) -> np.ndarray:
    ids = np.full(size[::-1], 255, np.uint8)
    for rect, class_id in painted:
        ids[rect.slices] = class_id
    return ids


@pytest.fixture
def painted(loaded: Editor, loop: WindowLoop) -> Editor:
    """A hat and a bag on the result's layout."""
    loaded.swap()
    loop.settle(loaded)
    paint(loaded.document, HAT, C.HAT)
    paint(loaded.document, BAG, C.BODY_ACCESSORY)
    return loaded


def size(editor: Editor) -> tuple[int, int]:
    return layout(editor.document).size


def test_the_hat_goes_along_and_the_bag_stays(painted: Editor, loop: WindowLoop) -> None:
    document = painted.document
    document.do(commands.set_transform(MOVED))
    np.testing.assert_array_equal(  # until there is a result, it belongs to the one that is shown
        drawn(document), where(size(painted), (HAT, C.HAT), (BAG, C.BODY_ACCESSORY))
    )
    painted.swap()
    loop.settle(painted)
    there = where(size(painted), (HAT_MOVED, C.HAT), (BAG, C.BODY_ACCESSORY))
    np.testing.assert_array_equal(drawn(document), there)
    np.testing.assert_array_equal(layout(document).parsed.pixels, layout_of(size(painted)))
    assert layout(document).transform == MOVED
    painted.swap()  # again, with nothing moved since
    loop.settle(painted)
    np.testing.assert_array_equal(drawn(document), there)
    document.do(commands.set_transform(HeadTransform()))
    painted.swap()
    loop.settle(painted)
    np.testing.assert_array_equal(
        drawn(document), where(size(painted), (HAT, C.HAT), (BAG, C.BODY_ACCESSORY))
    )


def test_undo_brings_the_hat_back(painted: Editor, loop: WindowLoop) -> None:
    document = painted.document
    before = facts(document.state)
    document.do(commands.set_transform(MOVED))
    painted.swap()
    loop.settle(painted)
    after = facts(document.state)
    document.undo()
    document.undo()
    assert facts(document.state) == before
    document.redo()
    document.redo()
    assert facts(document.state) == after


def test_what_is_painted_meanwhile_stays(
    painted: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    document = painted.document
    document.do(commands.set_transform(MOVED))
    fake.hold()
    painted.swap()
    fake.wait_held()
    scarf = Rect(100, 60, 120, 70)
    paint(document, scarf, C.HAIR)
    fake.release()
    loop.settle(painted)
    np.testing.assert_array_equal(
        drawn(document),
        where(size(painted), (HAT_MOVED, C.HAT), (BAG, C.BODY_ACCESSORY), (scarf, C.HAIR)),
    )


def test_live_asks_once_for_a_move(painted: Editor, loop: WindowLoop, fake: FakeEngine) -> None:
    painted.live = True
    loop.settle(painted)
    before = len(fake.requests)
    painted.document.do(commands.set_transform(MOVED))
    loop.settle(painted)
    loop.until(lambda: not painted._live._pause.isActive())
    loop.settle(painted)
    assert len(fake.requests) == before + 1
    np.testing.assert_array_equal(
        drawn(painted.document), where(size(painted), (HAT_MOVED, C.HAT), (BAG, C.BODY_ACCESSORY))
    )
    painted.document.undo()
    np.testing.assert_array_equal(
        drawn(painted.document), where(size(painted), (HAT, C.HAT), (BAG, C.BODY_ACCESSORY))
    )
    loop.until(lambda: not painted._live._pause.isActive())
    loop.settle(painted)  # live mode asks for the undone place, too


def test_projects_know_which_move_a_layout_belongs_to(painted: Editor) -> None:
    document = painted.document
    document.do(commands.set_transform(MOVED))
    made, payloads = to_manifest(document.state)
    manifest = jsonvalues.loads(jsonvalues.dumps(made))

    def read(name: str, limit: int) -> bytes:
        file = BytesIO()
        payloads[name].write(file)
        return file.getvalue()

    assert facts(from_manifest(manifest, read)) == facts(document.state)
    for layer in manifest["result"]["layers"]:
        layer.pop("transform", None)  # as older versions wrote it
    older = Document(from_manifest(manifest, read))
    assert layout(older).transform == MOVED
    request = older.swap_request()
    assert request.layout_transform == request.transform

"""An editor at work: what is in it, and the commonest things done with it."""

from __future__ import annotations

from engine.labels import SemanticClass
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Message
from hs_desktop.rects import Rect
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import find


def kinds(editor: Editor, side: Side) -> list[type]:
    return [type(layer) for layer in editor.document.state.stack(side)]


def variations(editor: Editor) -> list[Variation]:
    return [layer for layer in editor.document.result if isinstance(layer, Variation)]


def swapped(editor: Editor, loop: WindowLoop) -> Editor:
    editor.swap()
    loop.settle(editor)
    return editor


def paint(editor: Editor, side: Side = Side.RESULT, class_id: int = SemanticClass.HAT) -> None:
    """A stroke on the topmost layout."""
    layer = find(editor.document, side, LayoutLayer)
    with (
        editor.document.stroke(layer.id, "Paint") as stroke,
        stroke.edit("ids", Rect(2, 3, 12, 9)) as pixels,
    ):
        pixels[...] = class_id


def texts(said: list[Message]) -> list[str]:
    return [message.text for message in said]

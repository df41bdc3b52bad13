"""What all tools have in common, and where they work."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.view import CanvasView
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer
from hs_desktop.editor import Editor
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.views.look import LayoutLook
from hs_desktop.views.stack_items import StackItems


@dataclass(frozen=True)
class Workplace:
    """A canvas, and what is edited on it.

    Attributes:
        editor: whose document.
        side: the picture that the canvas shows.
        view: the canvas.
        look: of layouts, which have to be seen to be painted on.
        items: what shows the layers of this side.
    """

    editor: Editor
    side: Side
    view: CanvasView
    look: LayoutLook
    items: StackItems

    @property
    def document(self) -> Document:
        return self.editor.document

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Of this side, from the bottom to the top."""
        return self.document.state.stack(self.side).layers

    @property
    def active(self) -> Layer | None:
        """The layer of this side that tools work on."""
        editor = self.editor
        if editor.side is not self.side or editor.layer_id is None:
            return None
        return self.document.layer(editor.layer_id)


class Hand:
    """One tool on one canvas. A press is followed by moves, and by a release or ``cancel``.

    What can't be done is raised as an ``EngineError`` with a sentence for people.

    Attributes:
        cursor: over the canvas; ``None``: an arrow.
        has_brush: whether the outline of the brush is shown instead.
    """

    cursor: Qt.CursorShape | None = None
    has_brush = False

    def __init__(self, place: Workplace) -> None:
        self.place = place

    def take(self) -> None:
        """The tool is chosen."""

    def lay_down(self) -> None:
        """Another tool is chosen, or another document open: what was begun is given up."""

    def press(self, event: PointerEvent) -> None:
        """The left or the right button goes down."""

    def move(self, event: PointerEvent) -> None:
        """The pointer moves with the button down."""

    def release(self, event: PointerEvent) -> None:
        """The button goes up."""

    def cancel(self) -> None:
        """Back to before the press."""

    def hover(self, event: PointerEvent) -> None:
        """The pointer moves with no button down."""

    def double_click(self, event: PointerEvent) -> None:
        """Right before the second press."""

    def job_ended(self, record: JobRecord) -> None:
        """The engine has done with something, whoever asked for it."""


def erases(event: PointerEvent) -> bool:
    """Whether a press takes away instead of adding: the right button, or the pen's other end."""
    return event.eraser or event.button == Qt.MouseButton.RightButton

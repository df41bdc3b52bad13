"""Handles on the result that move the head."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from engine.requests import HeadTransform
from hs_desktop.canvas.handles import TransformHandles
from hs_desktop.canvas.placement import Placement
from hs_desktop.document import commands
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.layers import PictureLayer
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch, watch
from hs_desktop.tools.state import Tool
from hs_desktop.views.side_view import SideView


class HeadHandles(QObject):
    """There while the move tool is in the hand and the head's automatic position is known.

    Not while a picture is worked on: then the tool moves that one. A drag, or a press of a key,
    is one undo command.
    """

    def __init__(self, editor: Editor, result: SideView) -> None:
        super().__init__(result)
        self._editor = editor
        self._view = result.view
        self._handles: TransformHandles | None = None
        DocumentWatch(editor, self, changed=self._document_changed, replaced=self._arrange)
        watch(editor.tools.changed, self._arrange, self)
        editor.head_place_changed.connect(self._arrange)
        editor.active_changed.connect(self._arrange)
        self._arrange()

    def flip(self) -> None:
        """Mirror the head in place, along its own axis."""
        value = self._editor.document.transform
        self._finish(replace(value, flip=not value.flip))

    def align(self) -> None:
        """Back to the automatic position."""
        self._finish(HeadTransform())

    # --- parts ---------------------------------------------------------------------------------

    def _arrange(self) -> None:
        placement = _placement(self._editor)
        taken = self._editor.tools.tool is Tool.MOVE and not self._moves_picture
        if placement is None or not taken:
            if self._handles is not None:
                self._view.remove_overlay(self._handles)
                self._handles = None
            return
        if self._handles is None:
            self._handles = TransformHandles(placement, self._editor.document.transform)
            self._handles.changed.connect(self._change)
            self._handles.finished.connect(self._finish)
            self._view.add_overlay(self._handles)
        elif self._handles.placement != placement:
            self._handles.placement = placement
        self._follow()

    @property
    def _moves_picture(self) -> bool:
        """Of pictures, those that lie on the photo pixel for pixel are retouching, and stay."""
        layer = self._editor.active_on(Side.RESULT)
        if not isinstance(layer, PictureLayer):
            return False
        return (layer.position, layer.size) != ((0, 0), self._view.photo_size)

    def _follow(self) -> None:
        value = self._editor.document.transform
        if self._handles is not None and self._handles.value != value:
            self._handles.value = value

    def _document_changed(self, change: Change) -> None:
        if change.what is What.SETTINGS and "transform" in change.names:
            self._follow()

    def _change(self, value: HeadTransform) -> None:
        self._editor.document.do(commands.set_transform(value))

    def _finish(self, value: HeadTransform) -> None:
        self._change(value)
        self._editor.document.history.seal()


def _placement(editor: Editor) -> Placement | None:
    place = editor.head_place
    return None if place is None else Placement(place.box, place.centre, place.axis)

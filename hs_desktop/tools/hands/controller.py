"""Gives what a canvas's pointer does to the tool in the hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt

from engine.errors import EngineError
from hs_desktop.canvas.cursor import BrushOutline
from hs_desktop.canvas.events import PointerEvent
from hs_desktop.editor import Level
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.following import DocumentWatch, watch
from hs_desktop.i18n import translated
from hs_desktop.tools.hands.classes import ClassBrush, ClassEraser
from hs_desktop.tools.hands.copying import CloneBrush, HealBrush
from hs_desktop.tools.hands.corners import Polygon
from hs_desktop.tools.hands.fill import Fill
from hs_desktop.tools.hands.hand import Hand, Workplace
from hs_desktop.tools.hands.lasso import Lasso
from hs_desktop.tools.hands.masks import MaskBrush, RetouchBrush
from hs_desktop.tools.hands.move import Move
from hs_desktop.tools.hands.moving import Pan, Zoom
from hs_desktop.tools.hands.pick import Picker
from hs_desktop.tools.state import Tool

HANDS: dict[Tool, Callable[[Workplace], Hand]] = {
    Tool.MOVE: Move,
    Tool.BRUSH: ClassBrush,
    Tool.ERASER: ClassEraser,
    Tool.FILL: Fill,
    Tool.LASSO: Lasso,
    Tool.POLYGON: Polygon,
    Tool.MASK: MaskBrush,
    Tool.RETOUCH: RetouchBrush,
    Tool.CLONE: CloneBrush,
    Tool.HEAL: HealBrush,
    Tool.PICK: Picker,
    Tool.HAND: Pan,
    Tool.ZOOM: Zoom,
}
_BUTTONS = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class Hands(QObject):
    """The tools of one canvas, one of them taken up: the one that the editor says.

    A tool that is changed while a button is down goes on until the button is up.
    """

    def __init__(self, place: Workplace, parent: QObject) -> None:
        super().__init__(parent)
        self._place = place
        self._hands = self._new_hands()
        self._tool: Tool | None = None
        self._working: Hand | None = None
        view = place.view
        view.pressed.connect(self._pressed)
        view.moved.connect(self._moved)
        view.released.connect(self._released)
        view.cancelled.connect(self._cancelled)
        view.hovered.connect(self._hovered)
        view.double_clicked.connect(self._double_clicked)
        place.editor.bridge.ended.connect(self._job_ended)
        DocumentWatch(place.editor, self, replaced=self._document_replaced)
        watch(place.editor.tools.changed, self._tools_changed, self)
        self._tools_changed()

    def _tools_changed(self) -> None:
        tools = self._place.editor.tools
        if tools.tool is not self._tool:
            if self._tool is not None and self._hands[self._tool] is not self._working:
                self._hands[self._tool].lay_down()
            self._tool = tools.tool
            self._hands[self._tool].take()
        hand, brush = self._hands[tools.tool], tools.brush
        self._place.view.set_brush(
            BrushOutline(brush.diameter, brush.hardness, brush.roundness, brush.angle)
            if hand.has_brush
            else None
        )
        if not hand.has_brush:
            self._place.view.tool_cursor = hand.cursor

    def _new_hands(self) -> dict[Tool, Hand]:
        return {tool: make(self._place) for tool, make in HANDS.items()}

    def _document_replaced(self) -> None:
        """The tools forget their strokes, layers and places, which are of the former one."""
        self._working = None
        for hand in self._hands.values():
            hand.lay_down()
        self._hands = self._new_hands()
        if self._tool is not None:
            self._hands[self._tool].take()

    # --- the pointer ---------------------------------------------------------------------------

    def _pressed(self, event: PointerEvent) -> None:
        if event.button not in _BUTTONS or self._tool is None:
            return
        self._place.editor.activate(self._place.side)
        self._working = self._hands[self._tool]
        self._try(self._working.press, event)

    def _moved(self, event: PointerEvent) -> None:
        if self._working is not None:
            self._try(self._working.move, event)

    def _released(self, event: PointerEvent) -> None:
        hand = self._end_work()
        if hand is not None:
            self._try(hand.release, event)
            self._lay_down_former(hand)

    def _cancelled(self) -> None:
        hand = self._end_work()
        if hand is not None:
            hand.cancel()
            self._lay_down_former(hand)

    def _end_work(self) -> Hand | None:
        hand, self._working = self._working, None
        return hand

    def _lay_down_former(self, hand: Hand) -> None:
        """Another tool was chosen while this one was at work."""
        if self._tool is not None and hand is not self._hands[self._tool]:
            hand.lay_down()
            self._tools_changed()

    def _hovered(self, event: PointerEvent) -> None:
        if self._tool is not None:
            self._hands[self._tool].hover(event)

    def _double_clicked(self, event: PointerEvent) -> None:
        if self._tool is not None:
            self._try(self._hands[self._tool].double_click, event)

    def _try(self, act: Callable[[PointerEvent], None], event: PointerEvent) -> None:
        try:
            act(event)
        except EngineError as error:
            if self._working is not None:
                self._working.cancel()
                self._working = None
            self._place.editor.say(translated(error), Level.WARNING)

    def _job_ended(self, record: JobRecord) -> None:
        for hand in self._hands.values():
            hand.job_ended(record)

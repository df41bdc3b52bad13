"""The keys of the canvas: held while the hand works, or about what it has begun.

They aren't actions: what they do depends on what is on the canvas, and how long they are down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from hs_desktop.i18n import N_, _

_SHIFT, _KEYPAD = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier


class CanvasKey(StrEnum):
    """Names in the file of shortcuts; never changed."""

    PAN = "canvas.pan"
    ROTATE = "canvas.rotate"
    BEFORE = "canvas.before"
    LEFT = "canvas.left"
    RIGHT = "canvas.right"
    UP = "canvas.up"
    DOWN = "canvas.down"
    SPLIT_LEFT = "canvas.split-left"
    SPLIT_RIGHT = "canvas.split-right"
    FINISH = "canvas.finish"
    STEP_BACK = "canvas.step-back"
    GIVE_UP = "canvas.give-up"


@dataclass(frozen=True)
class KeyRow:
    """One of them.

    Attributes:
        id: which one.
        text, help: what it does, in English, to be translated where they are shown.
        shortcut: by default; several, separated by ``"; "``.
        shift: whether it does more of it, or something like it, with Shift.
    """

    id: CanvasKey
    text: str
    shortcut: str
    help: str
    shift: bool = False


_ARROW = N_("Nudges the head, or moves what is shown; with Shift further.")
_SLIDER = N_("Of the slider between before and after.")
KEY_ROWS: tuple[KeyRow, ...] = (
    KeyRow(CanvasKey.PAN, N_("Move view while held"), "Space",
           N_("Drag meanwhile; with Shift the view is rotated."), shift=True),
    KeyRow(CanvasKey.ROTATE, N_("Rotate view while held"), "R",
           N_("Drag meanwhile; with Ctrl in steps.")),
    KeyRow(CanvasKey.BEFORE, N_("Show before while held"), "\\",
           N_("The body photo instead of the result.")),
    KeyRow(CanvasKey.LEFT, N_("Move left"), "Left", _ARROW, shift=True),
    KeyRow(CanvasKey.RIGHT, N_("Move right"), "Right", _ARROW, shift=True),
    KeyRow(CanvasKey.UP, N_("Move upwards"), "Up", _ARROW, shift=True),
    KeyRow(CanvasKey.DOWN, N_("Move downwards"), "Down", _ARROW, shift=True),
    KeyRow(CanvasKey.SPLIT_LEFT, N_("Slider to the left"), "Alt+Left", _SLIDER),
    KeyRow(CanvasKey.SPLIT_RIGHT, N_("Slider to the right"), "Alt+Right", _SLIDER),
    KeyRow(CanvasKey.FINISH, N_("Finish"), "Return; Enter",
           N_("Closes the polygon; takes the person who is chosen.")),
    KeyRow(CanvasKey.STEP_BACK, N_("Take corner back"), "Backspace",
           N_("The last one of the polygon.")),
    KeyRow(CanvasKey.GIVE_UP, N_("Give up"), "Esc",
           N_("What was begun on the canvas, and not finished.")),
)  # fmt: skip
_ROWS = {row.id: row for row in KEY_ROWS}


@dataclass(frozen=True)
class KeyPress:
    """A key of the canvas goes down.

    Attributes:
        key: which one.
        shift: whether it was pressed with a Shift that isn't part of its shortcut.
    """

    key: CanvasKey
    shift: bool = False


class Keys:
    """Which keys are those of the canvas."""

    def __init__(self) -> None:
        self._shortcuts: dict[CanvasKey, str] = {}
        self._keys: dict[int, CanvasKey] = {}  # by Qt's key and modifiers
        self.set_shortcuts({})

    def set_shortcuts(self, shortcuts: Mapping[str, str]) -> None:
        """By id; ``""`` for none, and the default where the id is missing."""
        self._shortcuts = {row.id: shortcuts.get(row.id, row.shortcut) for row in KEY_ROWS}
        self._keys = {
            sequence[0].toCombined(): key  # type: ignore[index]
            for key, shortcut in self._shortcuts.items()
            for sequence in sequences_of(shortcut)
        }

    def of(self, event: QKeyEvent) -> KeyPress | None:
        """What an event is about; ``None`` for all other keys."""
        modifiers = event.modifiers() & ~_KEYPAD
        key = self._keys.get(event.key() | modifiers.value)
        if key is not None:
            return KeyPress(key)
        key = self._keys.get(event.key() | (modifiers & ~_SHIFT).value)
        return KeyPress(key, shift=True) if key is not None and _ROWS[key].shift else None

    def told(self, key: CanvasKey) -> str:
        """The key as it stands on this system's keyboards; without one what it would do."""
        return next(iter(native(self._shortcuts[key])), _(_ROWS[key].text))


class HeldKeys:
    """Those of some keys that are down.

    Args:
        keys: which they are.
        wanted: the ones to be followed.
    """

    def __init__(self, keys: Keys, *wanted: CanvasKey) -> None:
        self._keys, self._wanted = keys, wanted
        self._down: dict[int, CanvasKey] = {}

    def __contains__(self, key: CanvasKey) -> bool:
        return key in self._down.values()

    def follow(self, event: QKeyEvent) -> bool:
        """Take notice of a press or release; whether it is about one of these keys."""
        if event.type() == QEvent.Type.KeyRelease:
            # By the key alone: modifiers may have gone up before it.
            if event.key() not in self._down:
                return False
            if not event.isAutoRepeat():
                del self._down[event.key()]
            return True
        press = self._keys.of(event)
        if press is None or press.key not in self._wanted:
            return False
        self._down[event.key()] = press.key
        return True

    def clear(self) -> None:
        """Forget them: their release goes to somebody else."""
        self._down.clear()


def sequences_of(shortcut: str) -> list[QKeySequence]:
    """The keys of a shortcut as it stands in a table; none for ``""``."""
    portable = QKeySequence.SequenceFormat.PortableText
    sequences = QKeySequence.listFromString(shortcut, portable)
    return [sequence for sequence in sequences if not sequence.isEmpty()]


def native(shortcut: str) -> list[str]:
    """The same as they stand on this system's keyboards."""
    return [s.toString(QKeySequence.SequenceFormat.NativeText) for s in sequences_of(shortcut)]

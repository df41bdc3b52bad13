"""The sampling panel: how results are made, where the head lies, and the buttons that make them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.requests import HeadTransform, SwapRequest
from hs_desktop import edits
from hs_desktop.document import commands
from hs_desktop.document.events import Change, What
from hs_desktop.editor import LIVE, Editor
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import N_, _
from hs_desktop.panels.parts import (
    IconButton,
    ThemedIcon,
    icon_button,
    set_primary,
    tight_column,
)
from hs_desktop.panels.presets import Presets
from hs_desktop.panels.section import Section
from hs_desktop.panels.settings_form import NumberField, SettingsForm, align_labels
from hs_desktop.settings import SAMPLING, Setting, Value, swap_values

TRANSFORM: tuple[Setting, ...] = (
    Setting("x", 0.0, N_("To the right"), N_("How far the head is moved, in pixels of the body."),
            -20000.0, 20000.0, 0.5, unit=" px"),
    Setting("y", 0.0, N_("Down"), N_("How far the head is moved, in pixels of the body."),
            -20000.0, 20000.0, 0.5, unit=" px"),
    Setting("scale", 1.0, N_("Size"), N_("Of the head, compared with the automatic size."),
            0.05, 20.0, 0.005, percent=True),
    Setting("rotate", 0.0, N_("Turn"), N_("Clockwise, in degrees."), -180.0, 180.0, 0.1, unit="°"),
    Setting("flip", False, N_("Flip"), N_("Mirror the head left to right.")),
)  # fmt: skip


def transform_values(transform: HeadTransform) -> dict[str, Value]:
    """The fields' values by key."""
    x, y = transform.shift
    return {
        "x": x, "y": y, "scale": transform.scale, "rotate": transform.rotate,
        "flip": transform.flip,
    }  # fmt: skip


class SamplingPanel(QWidget):
    """Presets, settings, the head's position; *Swap* and *Live* at the bottom."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.presets = Presets(editor)
        self.form = SettingsForm(SAMPLING, swap_values(editor.document.settings))
        self.transform = SettingsForm(TRANSFORM, transform_values(editor.document.transform))
        align_labels(self.form, self.transform)
        self.swap = QPushButton()
        self._swap_icon = ThemedIcon(self.swap, "swap", self.swap)
        self.live = icon_button(
            "live", _("Live"), _("Swap again after each stroke, move or change of a setting.")
        )
        self.live.setCheckable(True)
        self.align = icon_button(
            "align", _("Align to neck"), _("Move the head back to the automatic position.")
        )
        self._add_seed_buttons()
        self._build()
        self.form.changed.connect(self._set)
        self.transform.changed.connect(self._move)
        for form in (self.form, self.transform):
            form.settled.connect(lambda _key: editor.document.history.seal())
        self.align.clicked.connect(self._align)
        self.swap.clicked.connect(self._swap_or_cancel)
        self.live.clicked.connect(self._switch_live)
        editor.live_changed.connect(self.live.setChecked)
        editor.seed_lock_changed.connect(self._follow_lock)
        for signal in (editor.bridge.added, editor.bridge.ended):
            signal.connect(self._follow_jobs)
        self._watch = DocumentWatch(editor, self, changed=self._change, replaced=self._follow)
        self._follow()
        self._follow_lock(editor.seed_locked)
        self._follow_jobs()

    def _add_seed_buttons(self) -> None:
        self.dice = IconButton("dice", _("Random seed"))
        self.lock = IconButton(
            "lock", _("Keep the seed"), _("Off: each swap takes another seed."), checkable=True
        )
        self.next_seed = IconButton("plus", _("Next seed"), _("One more than this seed."))
        seed = self.form["seed"]
        assert isinstance(seed, NumberField)
        seed.box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        line = seed.line
        line.takeAt(line.count() - 1)  # the stretch: the box takes the room
        line.setSpacing(1)
        for button in (self.dice, self.lock, self.next_seed):
            line.addWidget(button)
        self.dice.clicked.connect(lambda: edits.random_seed(self._editor))
        self.next_seed.clicked.connect(lambda: self._set_seed(self._seed + 1))
        self.lock.clicked.connect(self._lock_seed)

    def _build(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 6, 6, 6)
        column.setSpacing(6)
        column.addWidget(self.presets)
        column.addWidget(self.form)
        self.head = Section(
            _("Head position"), self.transform, self._editor.preferences, "head position"
        )
        column.addWidget(self.head)
        self.head.body.addWidget(self.align)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(8, 6, 8, 6)
        bottom.setSpacing(6)
        bottom.addWidget(self.swap, 2)
        bottom.addWidget(self.live, 1)
        for button in (self.swap, self.live):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        whole = tight_column(self)
        whole.addWidget(area, 1)
        whole.addLayout(bottom)

    # --- following the editor ------------------------------------------------------------------

    def _change(self, change: Change) -> None:
        if change.what is What.SETTINGS:
            self._follow()
        elif change.what is What.ORDER:
            self._follow_jobs()

    def _follow(self) -> None:
        document = self._editor.document
        self.form.set_values(swap_values(document.settings))
        self.transform.set_values(transform_values(document.transform))
        self.align.setEnabled(document.transform != HeadTransform())
        self._follow_jobs()

    def _follow_lock(self, locked: bool) -> None:
        self.lock.setChecked(locked)
        self.lock.themed.show("lock" if locked else "unlock")

    def _follow_jobs(self) -> None:
        busy = bool(self._swaps())
        set_primary(self.swap, self._editor.document.has_photos and not busy)
        self.swap.setText(_("Cancel") if busy else _("Swap"))
        self._swap_icon.show("stop" if busy else "swap")
        self.swap.setToolTip(
            _("Stop what is being made.") if busy else _("Put the head on the body.")
        )

    def _swaps(self) -> list[JobRecord]:
        return [
            record
            for record in self._editor.bridge.open_jobs
            if isinstance(record.request, SwapRequest) and record.lane != LIVE
        ]

    # --- what is done --------------------------------------------------------------------------

    def _set(self, key: str, value: Value) -> None:
        self._editor.document.do(commands.set_settings(**{key: value}))

    @property
    def _seed(self) -> int:
        return self._editor.document.settings.sampling.seed

    def _set_seed(self, seed: int) -> None:
        self._set("seed", self.form["seed"].setting.checked(seed))
        self._editor.document.history.seal()

    def _lock_seed(self, locked: bool) -> None:
        self._editor.seed_locked = locked

    def _move(self, key: str, value: float) -> None:
        now = self._editor.document.transform
        x, y = now.shift
        if key in ("x", "y"):
            now = replace(now, shift=(value, y) if key == "x" else (x, value))
        elif key == "scale":
            now = replace(now, scale=value)
        elif key == "rotate":
            now = replace(now, rotate=value)
        else:
            now = replace(now, flip=bool(value))
        self._editor.document.do(commands.set_transform(now))

    def _align(self) -> None:
        self._editor.document.history.seal()
        self._editor.document.do(commands.set_transform(HeadTransform()))
        self._editor.document.history.seal()

    def _swap_or_cancel(self) -> None:
        running = self._swaps()
        for record in reversed(running):
            self._editor.bridge.cancel(record)
        if not running:
            self._editor.swap()

    def _switch_live(self, on: bool) -> None:
        self._editor.live = on

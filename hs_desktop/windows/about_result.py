"""How a result was made."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.requests import Fit
from hs_desktop.commands.terminal import stage_name
from hs_desktop.dialog_parts import closing_buttons, dialog_column, heading, muted
from hs_desktop.document.settings import TONES, Fitting
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import N_, _, translated
from hs_desktop.settings import setting
from hs_desktop.windows.parts import device_name

Rows = list[tuple[str, str]]

_PARTS = {  # of a fit, in ``engine.requests.FIT_PARTS``
    "pose": N_("Pose"),
    "light": N_("Lighting"),
    "resolution": N_("Resolution"),
    "occlusion": N_("Visibility"),
}


class AboutResult(QDialog):
    """Settings, times, fit and notes of a variation, to be read and copied."""

    def __init__(self, variation: Variation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._variation = variation
        self.setWindowTitle(_("About this result"))
        column = dialog_column(self)
        column.addWidget(heading(translated(variation.name)))
        sections = [(_("Settings"), made_with(variation)), (_("Time"), times(variation))]
        if variation.fit is not None:
            sections.append((_("How well head and body fit"), fits(variation.fit)))
        beside = QHBoxLayout()  # below each other they would be too high for a small screen
        beside.setSpacing(32)
        for title, rows in sections:
            beside.addWidget(_section(title, rows), 0, Qt.AlignmentFlag.AlignTop)
        beside.addStretch(1)
        column.addLayout(beside)
        column.addSpacing(8)
        for sentence in sentences(variation):
            column.addWidget(muted(sentence))
        column.addStretch(1)
        copy = QPushButton(_("&Copy"))
        copy.setToolTip(_("Copy all of this as text"))
        copy.clicked.connect(self._copy)
        column.addSpacing(6)
        buttons = closing_buttons(self, copy)
        column.addWidget(buttons)
        buttons.button(QDialogButtonBox.StandardButton.Close).setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(as_text(self._variation))


def made_with(variation: Variation) -> Rows:
    """Settings, device and pack: names and values for people."""
    sampling = variation.sampling
    return [
        (_(setting("seed").label), str(sampling.seed)),
        (_(setting("guidance").label), f"{sampling.guidance:g}"),
        (_(setting("steps").label), str(sampling.steps)),
        (_(setting("strength").label), f"{sampling.strength:g}"),
        *_fitted(variation.fitting),
        (_("Device"), device_name(variation.device) or _("unknown")),
        (_("Model pack"), variation.pack or _("unknown")),
        (_("Size"), _("{width} × {height} px").format(width=variation.size[0],
                                                      height=variation.size[1])),
    ]  # fmt: skip


def _fitted(fitting: Fitting | None) -> Rows:
    """How it was fitted to the photo, as far as that is known."""
    if fitting is None:
        return []
    feather = _("automatic") if fitting.feather is None else f"{fitting.feather:g} px"
    kept = fitting.keep_background
    tones = [(_(setting(name).label), _percent(getattr(fitting, name))) for name in TONES]
    return [
        *([] if kept is None else [(_(setting("keep_background").label), _switch(kept))]),
        (_(setting("feather").label), feather),
        (_(setting("complete").label), _switch(fitting.complete)),
        (_(setting("match_grain").label), _switch(fitting.match_grain)),
        (_(setting("match_skin").label), _switch(fitting.match_skin)),
        *(tones if fitting.is_of_swap else []),
    ]


def _switch(is_on: bool) -> str:
    return _("on") if is_on else _("off")


def times(variation: Variation) -> Rows:
    """Stage -> time; stages that were known already took none."""
    rows = [
        (
            _capital(stage_name(stage)),
            _seconds(milliseconds) if milliseconds else _("known already"),
        )
        for stage, milliseconds in variation.milliseconds.items()
    ]
    return [*rows, (_("Total"), _seconds(sum(variation.milliseconds.values())))]


def fits(fit: Fit) -> Rows:
    """How well head and body go together, as a whole and part by part."""
    parts = [(_(label), _percent(fit.parts[name])) for name, label in _PARTS.items()]
    return [(_("All in all"), _percent(fit.score)), *parts]


def sentences(variation: Variation) -> tuple[str, ...]:
    """What the engine wanted read, and whatever else may be tried."""
    advice = () if variation.fit is None else variation.fit.advice
    return tuple(dict.fromkeys(map(translated, (*variation.notes, *advice))))


def _percent(share: float) -> str:
    return _("{percent} %").format(percent=round(100 * share))


def _seconds(milliseconds: float) -> str:
    return _("{count:.2f} s").format(count=milliseconds / 1000)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def as_text(variation: Variation) -> str:
    """All of it, a line each."""
    rows = [*made_with(variation), *times(variation)]
    if variation.fit is not None:
        rows += fits(variation.fit)
    told = [f"{name}: {value}" for name, value in rows]
    return "\n".join([translated(variation.name), *told, *sentences(variation)]) + "\n"


def _section(title: str, rows: Rows) -> QWidget:
    section = QWidget()
    section.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum)  # not clipped
    column = QVBoxLayout(section)
    column.setContentsMargins(0, 8, 0, 0)
    column.addWidget(heading(title, 1.0))
    column.addLayout(_form(rows))
    return section


def _form(rows: Rows) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(18)
    form.setVerticalSpacing(3)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for name, value in rows:
        label = QLabel(value)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setAccessibleName(name)
        caption = muted(name)
        caption.setWordWrap(False)
        form.addRow(caption, label)
    return form

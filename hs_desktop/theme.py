"""How the window looks: named colours, a palette and a short style sheet made of them.

Quiet, flat and compact: the photo is the brightest thing on the screen.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from engine.resources import resource_path
from hs_desktop.icons import recolour
from hs_desktop.preferences import Preferences


@dataclass(frozen=True)
class Colours:
    """The colours of a theme, as ``#rrggbb``.

    Attributes:
        name: of the files in ``resources/themes`` that go with it.
        window: behind everything.
        base: of fields and lists.
        raised: of buttons, and under the pointer.
        border: between parts.
        canvas: round the photo.
        text, muted: the writing, and that of less weight; both readable on all of the above
            but ``canvas``.
        disabled: what can't be used now.
        accent, on_accent: what is selected, and the writing on it.
        chosen: of buttons that are switched on; ``text`` and icons stay readable on it.
        focus: the ring round what keys go to.
        link: of links.
    """

    name: str
    window: str
    base: str
    raised: str
    border: str
    canvas: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    chosen: str
    focus: str
    link: str


DARK = Colours(
    name="dark", window="#2a2a2d", base="#212124", raised="#3a3a3f", border="#46464c",
    canvas="#1c1c1e", text="#d9d9de", muted="#a9a9b2", disabled="#74747c",
    accent="#2f68b8", on_accent="#ffffff", chosen="#31507c", focus="#6aa5f5", link="#7fb2f7",
)  # fmt: skip
LIGHT = Colours(
    name="light", window="#e6e6e9", base="#f5f5f7", raised="#d6d6db", border="#b4b4bc",
    canvas="#8c8c90", text="#1d1d21", muted="#505059", disabled="#8f8f98",
    accent="#2a62b0", on_accent="#ffffff", chosen="#b3c9ea", focus="#1f5fc4", link="#1d55a8",
)  # fmt: skip

_SHEET = Template("""
QToolTip { color: $text; background: $base; border: 1px solid $border; padding: 3px 5px; }
QMainWindow::separator { background: $window; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: $accent; }
QMenuBar { background: $window; padding: 1px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 3px; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $base; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 4px 26px 4px 10px; border-radius: 3px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $disabled; background: transparent; }
QMenu::separator { height: 1px; background: $border; margin: 4px 6px; }
QMenu::icon { padding: 2px; margin-left: 4px; border-radius: 3px; }
QMenu::icon:checked { background: $chosen; }
QMenu::indicator { left: 6px; }
QToolBar { background: $window; border: 0; spacing: 2px; padding: 3px; }
QToolBar::separator { background: $border; margin: 4px; width: 1px; height: 1px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px;
              padding: 4px; }
QToolButton:hover { background: $raised; }
QToolButton:pressed, QToolButton:checked { background: $chosen; }
QToolButton:focus { border-color: $focus; }
QToolButton:disabled { color: $disabled; background: transparent; }
QToolButton::menu-indicator { width: 0; height: 0; }
QPushButton { background: $raised; border: 1px solid $border; border-radius: 4px;
              padding: 4px 12px; min-height: 16px; }
QPushButton:hover { border-color: $muted; }
QPushButton:pressed { background: $border; }
QPushButton:checked { background: $chosen; }
QPushButton:default, QPushButton[primary="true"] { background: $accent; color: $on_accent;
                                                   border-color: $accent; }
QPushButton:focus { border-color: $focus; }
QPushButton:disabled { color: $disabled; background: $window; border-color: $border; }
QDockWidget { color: $muted; }
QDockWidget::title { background: $window; padding: 4px 2px; text-align: left; }
QTabBar::tab { background: transparent; color: $muted; border: 0; padding: 5px 10px;
               border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { background: $raised; }
QTabWidget::pane { border: 0; border-top: 1px solid $border; }
QTabBar { qproperty-drawBase: 0; }
QAbstractItemView { background: $base; border: 1px solid $border; border-radius: 3px; outline: 0;
                    selection-background-color: $accent; selection-color: $on_accent; }
QAbstractItemView:focus { border-color: $focus; }
QComboBox { background: $raised; border: 1px solid $border; border-radius: 4px;
            padding: 2px 6px; min-height: 16px; }
QComboBox:editable { background: $base; }
QComboBox:hover { border-color: $muted; }
QComboBox:focus { border-color: $focus; }
QComboBox:disabled { color: $disabled; background: $window; }
QComboBox::drop-down { border: 0; width: 18px; }
QComboBox::down-arrow { image: url($arrow); width: 10px; height: 10px; }
QCheckBox::indicator, QMenu::indicator { width: 13px; height: 13px; border-radius: 3px;
                                         border: 1px solid $muted; background: $base; }
QCheckBox::indicator:checked, QMenu::indicator:checked { background: $accent;
                                                         border-color: $accent;
                                                         image: url($check); }
QMenu::indicator:exclusive { width: 12px; height: 12px; border-radius: 7px; }
QMenu::indicator:exclusive:checked { image: url($dot); }
QCheckBox::indicator:disabled { border-color: $disabled; }
QCheckBox::indicator:focus { border-color: $focus; }
QTreeWidget::item { padding: 3px 8px 3px 4px; }
QListView[calm="true"]::item { padding: 3px 6px; }
QLineEdit { padding: 2px 4px; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { padding: 0; }
QAbstractSpinBox { min-height: 20px; }
QHeaderView { background: $window; border: 0; border-radius: 0; }
QHeaderView::section { background: $window; color: $muted; border: 0; padding: 3px 6px;
                       border-bottom: 1px solid $border; }
QPlainTextEdit, QTextEdit { background: $base; border: 1px solid $border; border-radius: 3px; }
QPlainTextEdit:focus, QTextEdit:focus { border-color: $focus; }
QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: 0; }
QStatusBar > QLabel { padding: 0 4px; }
QStatusBar > QProgressBar { margin-left: 8px; }
QProgressBar { background: $base; border: 1px solid $border; border-radius: 3px;
               text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QScrollBar { background: transparent; border: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 1px; min-height: 24px;
                     min-width: 24px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QLabel[muted="true"] { color: $muted; }
""")


class Theme(QObject):
    """Keeps the application in the colours that the preferences ask for.

    Signals:
        changed: other colours are shown from now on.
    """

    changed = Signal()

    def __init__(self, app: QApplication, preferences: Preferences) -> None:
        super().__init__(app)
        self._app, self._preferences = app, preferences
        self._colours: Colours | None = None
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self.apply)
        preferences.changed.connect(self._preference_changed)
        self.apply()

    @property
    def colours(self) -> Colours:
        """Those of the preferred theme."""
        name = self._preferences["theme"]
        if name == "system":
            scheme = self._app.styleHints().colorScheme()
            name = "light" if scheme == Qt.ColorScheme.Light else "dark"
        return LIGHT if name == "light" else DARK

    def apply(self) -> None:
        colours = self.colours
        if colours != self._colours:
            self._colours = colours
            self._app.setPalette(palette(colours))
            self._app.setStyleSheet(style_sheet(colours))
            recolour()
            self.changed.emit()

    def close(self) -> None:
        """Follow the preferences and the system no longer."""
        self._app.styleHints().colorSchemeChanged.disconnect(self.apply)
        self._preferences.changed.disconnect(self._preference_changed)

    def _preference_changed(self, key: str) -> None:
        if key == "theme":
            self.apply()


def style_sheet(colours: Colours) -> str:
    """What the palette can't say."""
    check, dot, arrow = (
        resource_path(f"themes/{name}.svg").as_posix()
        for name in ("check", "dot", f"arrow-{colours.name}")
    )
    return _SHEET.substitute(asdict(colours), check=check, dot=dot, arrow=arrow)


def palette(colours: Colours) -> QPalette:
    """Qt's roles in the theme's colours; ``Dark`` is the one round the photo."""
    role = QPalette.ColorRole
    by_role = {
        role.Window: colours.window, role.WindowText: colours.text,
        role.Base: colours.base, role.AlternateBase: colours.window, role.Text: colours.text,
        role.Button: colours.raised, role.ButtonText: colours.text,
        role.BrightText: colours.on_accent, role.PlaceholderText: colours.muted,
        role.Highlight: colours.accent, role.HighlightedText: colours.on_accent,
        role.ToolTipBase: colours.base, role.ToolTipText: colours.text,
        role.Link: colours.link, role.LinkVisited: colours.link, role.Accent: colours.accent,
        role.Light: colours.raised, role.Midlight: colours.raised, role.Mid: colours.border,
        role.Dark: colours.canvas, role.Shadow: colours.canvas,
    }  # fmt: skip
    made = QPalette()
    for which, colour in by_role.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.disabled))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.border))
    return made

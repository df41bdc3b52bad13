"""Everything the window can be asked to do, in one table.

Menus, the tool bar, the shortcuts in the preferences and their help are all made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.labels import CLASSES
from hs_desktop import edits
from hs_desktop.canvas.keys import KEY_ROWS, CanvasKey, KeyRow
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.i18n import N_
from hs_desktop.importing import can_take_picture
from hs_desktop.tools.state import Tool

if TYPE_CHECKING:
    from hs_desktop.windows.main_window import MainWindow

Test = Callable[[Editor], bool]

FILE, EDIT, VIEW, LAYER = N_("&File"), N_("&Edit"), N_("&View"), N_("&Layer")
LAYOUT, SWAP, WINDOW, HELP = N_("L&ayout"), N_("&Swap"), N_("&Window"), N_("&Help")
TOOL, CLASS, CANVAS = N_("&Tool"), N_("&Class"), N_("Canvas")
MENUS = FILE, EDIT, VIEW, LAYER, LAYOUT, SWAP, WINDOW, HELP
SUBMENUS = {TOOL: EDIT, CLASS: LAYOUT}


@dataclass(frozen=True)
class ActionRow:
    """One thing to do.

    Attributes:
        id: its name in the file of shortcuts; never changed.
        menu: one of ``MENUS`` or ``SUBMENUS``.
        text: in the menu, in English, to be translated where it is shown.
        run: does it; a coroutine is started and its errors are told.
        shortcut: by default; several, separated by ``"; "``.
        icon: ``resources/icons/ICON.svg``.
        help: what it does, where the text doesn't say all.
        enabled: whether it can be done now; always without it.
        checked: whether it is switched on; it is no switch without it.
        apart: begins a new group of its menu.
        keys: of the canvas that do the like, to be told with it.
    """

    id: str
    menu: str
    text: str
    run: Callable[[MainWindow], object]
    shortcut: str = ""
    icon: str = ""
    help: str = ""
    enabled: Test | None = None
    checked: Callable[[MainWindow], bool] | None = None
    apart: bool = False
    keys: tuple[CanvasKey, ...] = ()


# --- when ----------------------------------------------------------------------------------------


def _has_picture(editor: Editor) -> bool:
    return any(len(editor.document.state.stack(side)) for side in Side)


def _has_both(editor: Editor) -> bool:
    return len(editor.document.head) > 0 and len(editor.document.body) > 0


def _has_head(editor: Editor) -> bool:
    return len(editor.document.head) > 0


def _has_body(editor: Editor) -> bool:
    return len(editor.document.body) > 0


def _has_layer(editor: Editor) -> bool:
    return edits.active_layer(editor) is not None


def _may_change(editor: Editor) -> bool:
    layer = edits.active_layer(editor)
    return layer is not None and not layer.locked


def _has_layout(editor: Editor) -> bool:
    layer = edits.active_layout(editor)
    return layer is not None and not layer.locked


def _has_variation(editor: Editor) -> bool:
    return edits.shown_variation(editor) is not None


def _is_busy(editor: Editor) -> bool:
    return editor.bridge.is_busy or editor.readings.latest is not None


# --- the table -----------------------------------------------------------------------------------

_A = ActionRow

_FILE = (
    _A("file.new", FILE, N_("&New"), lambda w: w.files.new(), "Ctrl+N", "plus",
       N_("Begin another project.")),
    _A("file.open", FILE, N_("&Open…"), lambda w: w.files.open(), "Ctrl+O", "folder",
       N_("Open a project (.hsd).")),
    _A("file.open-head", FILE, N_("Open &head photo…"), lambda w: w.files.open_photo(Side.HEAD),
       "Ctrl+Shift+H", "person", N_("The photo that gives the head."), apart=True),
    _A("file.open-body", FILE, N_("Open &body photo…"), lambda w: w.files.open_photo(Side.BODY),
       "Ctrl+Shift+B", "photo", N_("The photo that gives all the rest.")),
    _A("file.sample", FILE, N_("Open sa&mple project"), lambda w: w.files.open_sample(),
       help=N_("Two photos to try things out with.")),
    _A("file.save", FILE, N_("&Save"), lambda w: w.files.save(), "Ctrl+S", "save",
       N_("Save the project with all layers and settings."), _has_picture, apart=True),
    _A("file.save-as", FILE, N_("Save &as…"), lambda w: w.files.save_as(), "Ctrl+Shift+S",
       help=N_("Save the project under another name."), enabled=_has_picture),
    _A("file.export", FILE, N_("&Export…"), lambda w: w.files.export(), "Ctrl+E", "export",
       N_("Write the result as PNG, TIFF, JPEG or WebP, or in layers as PSD or OpenRaster."),
       _has_picture),
    _A("file.quit", FILE, N_("&Quit"), lambda w: w.close(), "Ctrl+Q", apart=True),
)  # fmt: skip

_EDIT = (
    _A("edit.undo", EDIT, N_("&Undo"), lambda w: w.editor.document.undo(), "Ctrl+Z", "undo",
       enabled=lambda e: e.document.history.can_undo),
    _A("edit.redo", EDIT, N_("&Redo"), lambda w: w.editor.document.redo(),
       "Ctrl+Shift+Z; Ctrl+Y", "redo", enabled=lambda e: e.document.history.can_redo),
    _A("edit.paste", EDIT, N_("&Paste"), lambda w: w.files.paste(), "Ctrl+V",
       help=N_("The picture in the clipboard as the photo that is looked at; on the result as a "
               "layer."), apart=True),
    _A("edit.paste-head", EDIT, N_("Paste as &head photo"), lambda w: w.files.paste(Side.HEAD),
       "Ctrl+Alt+V", help=N_("Take the picture in the clipboard as the head photo.")),
    _A("edit.paste-body", EDIT, N_("Paste as &body photo"), lambda w: w.files.paste(Side.BODY),
       "Ctrl+Shift+V", help=N_("Take the picture in the clipboard as the body photo.")),
    _A("edit.preferences", EDIT, N_("&Preferences…"), lambda w: w.dialogs.preferences(),
       "Ctrl+,", "settings", apart=True),
)  # fmt: skip

_VIEW = (
    _A("view.head", VIEW, N_("&Head"), lambda w: w.canvases.show_side(Side.HEAD), "Ctrl+1",
       help=N_("Show the head photo."), checked=lambda w: w.canvases.shows(Side.HEAD)),
    _A("view.body", VIEW, N_("&Body"), lambda w: w.canvases.show_side(Side.BODY), "Ctrl+2",
       help=N_("Show the body photo."), checked=lambda w: w.canvases.shows(Side.BODY)),
    _A("view.result", VIEW, N_("&Result"), lambda w: w.canvases.show_side(Side.RESULT), "Ctrl+3",
       help=N_("Show the result."), checked=lambda w: w.canvases.shows(Side.RESULT)),
    _A("view.all", VIEW, N_("&Side by side"), lambda w: w.canvases.show_all(), "Ctrl+4",
       help=N_("Show head, body and result beside each other."),
       checked=lambda w: w.canvases.shows(None)),
    _A("view.fit", VIEW, N_("&Fit"), lambda w: w.canvases.fit(), "Ctrl+0", "fit",
       N_("Show the whole photo."), apart=True),
    _A("view.actual", VIEW, N_("&100 %"), lambda w: w.canvases.actual_size(), "Ctrl+Alt+0",
       help=N_("One pixel of the photo for one of the screen.")),
    _A("view.in", VIEW, N_("Zoom &in"), lambda w: w.canvases.zoom_by_steps(1),
       "Ctrl++; Ctrl+=; +; ="),
    _A("view.out", VIEW, N_("Zoom &out"), lambda w: w.canvases.zoom_by_steps(-1), "Ctrl+-; -"),
    _A("view.clockwise", VIEW, N_("Rotate view &clockwise"), lambda w: w.canvases.rotate_by(15),
       "Ctrl+]", help=N_("Turn what is shown; the photo stays as it is."), apart=True,
       keys=(CanvasKey.ROTATE,)),
    _A("view.anticlockwise", VIEW, N_("Rotate view &anticlockwise"),
       lambda w: w.canvases.rotate_by(-15), "Ctrl+[", keys=(CanvasKey.ROTATE,)),
    _A("view.mirror", VIEW, N_("&Mirror view"), lambda w: w.canvases.flip_view(), "Ctrl+Alt+M",
       help=N_("A fresh eye: the photo stays as it is.")),
    _A("view.upright", VIEW, N_("Reset rotat&ion"), lambda w: w.canvases.reset_rotation(),
       "Ctrl+Alt+R"),
    _A("view.split", VIEW, N_("Before and after, s&plit"), lambda w: w.canvases.toggle_split(),
       "Ctrl+Alt+B", "split", N_("The body on the left of a slider, the result on its right."),
       _has_body, lambda w: w.canvases.split, apart=True,
       keys=(CanvasKey.SPLIT_LEFT, CanvasKey.SPLIT_RIGHT)),
    _A("view.before", VIEW, N_("Show b&efore"), lambda w: w.canvases.toggle_before(), "",
       "compare", N_("The body photo instead of the result."),
       _has_body, lambda w: w.canvases.before, keys=(CanvasKey.BEFORE,)),
    _A("view.layout", VIEW, N_("Show &layout"), lambda w: w.canvases.toggle_layout(), "O",
       "layout", N_("The layout's classes over the photo."),
       checked=lambda w: w.canvases.layout_shown, apart=True),
    _A("view.outlines", VIEW, N_("&Outlines only"), lambda w: w.canvases.toggle_outlines(),
       "Shift+O", "outline", N_("Only the borders of the layout's classes."),
       checked=lambda w: w.canvases.look.outlines),
    _A("view.legend", VIEW, N_("Le&gend"), lambda w: w.canvases.look.toggle_legend(), "",
       "legend", N_("The names of the classes in a corner of the canvas, where it has room."),
       checked=lambda w: w.canvases.look.legend),
    _A("view.full-screen", VIEW, N_("F&ull screen"), lambda w: w.toggle_full_screen(), "F11",
       checked=lambda w: w.isFullScreen(), apart=True),
)  # fmt: skip

_LAYER = (
    _A("layer.import", LAYER, N_("&Import picture…"), lambda w: w.files.import_picture(),
       "Ctrl+Shift+I", "photo",
       N_("A file as a layer over the photo that is looked at; the move tool places it."),
       lambda e: can_take_picture(e, e.side)),
    _A("layer.duplicate", LAYER, N_("&Duplicate"), lambda w: edits.duplicate_layer(w.editor),
       "Ctrl+J", "duplicate", enabled=_has_layer, apart=True),
    _A("layer.delete", LAYER, N_("D&elete"), lambda w: edits.delete_layer(w.editor), "Del",
       "trash", enabled=_may_change),
    _A("layer.up", LAYER, N_("Move &up"), lambda w: edits.move_layer(w.editor, 1),
       "Ctrl+PgUp", "up", enabled=_has_layer, apart=True),
    _A("layer.down", LAYER, N_("Move do&wn"), lambda w: edits.move_layer(w.editor, -1),
       "Ctrl+PgDown", "down", enabled=_has_layer),
    _A("layer.visible", LAYER, N_("&Visible"), lambda w: edits.toggle_visible(w.editor),
       "Ctrl+H", "eye", enabled=_has_layer,
       checked=lambda w: (x := edits.active_layer(w.editor)) is not None and x.visible,
       apart=True),
    _A("layer.locked", LAYER, N_("&Locked"), lambda w: edits.toggle_locked(w.editor),
       "Ctrl+L", "lock", N_("Protect the layer from changes."), _has_layer,
       lambda w: (x := edits.active_layer(w.editor)) is not None and x.locked),
    _A("layer.alone", LAYER, N_("Show &alone"), lambda w: edits.toggle_alone(w.editor),
       "Ctrl+Alt+H", "solo", enabled=_has_layer,
       checked=lambda w: w.editor.layer_id is not None
       and w.editor.document.state.stack(w.editor.side).solo == w.editor.layer_id),
)  # fmt: skip

_LAYOUT = (
    _A("layout.grow", LAYOUT, N_("&Grow class"), lambda w: edits.grow_class(w.editor), "Ctrl+G",
       "plus", N_("The current class takes what lies around it."), _has_layout),
    _A("layout.shrink", LAYOUT, N_("&Shrink class"), lambda w: edits.shrink_class(w.editor),
       "Ctrl+Shift+G", "minus", enabled=_has_layout),
    _A("layout.smooth", LAYOUT, N_("S&mooth class"), lambda w: edits.smooth_class(w.editor),
       "Ctrl+Alt+G", help=N_("Smooth the border of the current class."), enabled=_has_layout),
    _A("layout.reset", LAYOUT, N_("&Reset layout"), lambda w: edits.reset_layout(w.editor),
       "", "reset", N_("Back to what the models said."), _has_layout, apart=True),
    _A("layout.parse-head", LAYOUT, N_("Parse &head photo again"),
       lambda w: w.editor.parse(Side.HEAD), enabled=_has_head, apart=True),
    _A("layout.parse-body", LAYOUT, N_("Parse &body photo again"),
       lambda w: w.editor.parse(Side.BODY), enabled=_has_body),
)  # fmt: skip

_SWAP = (
    _A("swap.swap", SWAP, N_("&Swap"), lambda w: w.editor.swap(), "Ctrl+Return; F5", "swap",
       N_("Put the head on the body."), _has_both),
    _A("swap.live", SWAP, N_("&Live"), lambda w: w.toggle_live(), "Ctrl+Shift+L", "live",
       N_("Swap again after each stroke, move or change of a setting."), _has_both,
       lambda w: w.editor.live),
    _A("swap.retouch", SWAP, N_("&Retouch here"), lambda w: edits.retouch(w.editor),
       "Ctrl+R", "retouch", N_("Make anew what the retouch mask shows."),
       lambda e: edits.retouch_mask(e) is not None),
    _A("swap.cancel", SWAP, N_("&Cancel"), lambda w: w.editor.cancel(), "Ctrl+.", "stop",
       N_("Stop what is being read, and what the engine is doing."), _is_busy),
    _A("swap.align", SWAP, N_("&Align to neck"), lambda w: w.canvases.handles.align(),
       "Ctrl+Alt+A", "align",
       N_("Move the head back to the automatic position."), _has_both, apart=True),
    _A("swap.flip", SWAP, N_("&Flip head"), lambda w: w.canvases.handles.flip(), "Ctrl+F", "flip",
       enabled=_has_both),
    _A("swap.person-head", SWAP, N_("Pick person in &head photo"),
       lambda w: w.canvases.ask_person(Side.HEAD),
       help=N_("Whose head is taken, where there are several people."),
       enabled=lambda e: len(e.people(Side.HEAD)) > 1),
    _A("swap.person-body", SWAP, N_("Pick person in &body photo"),
       lambda w: w.canvases.ask_person(Side.BODY),
       help=N_("Who gets the head, where there are several people."),
       enabled=lambda e: len(e.people(Side.BODY)) > 1),
    _A("swap.next-seed", SWAP, N_("&Next seed"), lambda w: edits.next_seed(w.editor),
       "Ctrl+Right", "next", N_("The same settings with the next seed."), _has_both, apart=True),
    _A("swap.random-seed", SWAP, N_("Ran&dom seed"), lambda w: edits.random_seed(w.editor),
       "Ctrl+D", "dice"),
    _A("swap.previous", SWAP, N_("&Previous variation"),
       lambda w: edits.step_variation(w.editor, -1), "PgUp", enabled=_has_variation, apart=True),
    _A("swap.next", SWAP, N_("Ne&xt variation"), lambda w: edits.step_variation(w.editor, 1),
       "PgDown", enabled=_has_variation),
    _A("swap.star", SWAP, N_("S&tar variation"), lambda w: edits.toggle_star(w.editor),
       "Ctrl+B", "star", N_("Starred variations are never cleared away."), _has_variation,
       lambda w: (x := edits.shown_variation(w.editor)) is not None and x.starred),
    _A("swap.about", SWAP, N_("Ab&out this result…"), lambda w: w.dialogs.about_result(),
       "Ctrl+I", "info", N_("What it was made with."), _has_variation),
)  # fmt: skip

_WINDOW = (
    _A("window.welcome", WINDOW, N_("&Welcome…"), lambda w: w.dialogs.welcome(), apart=True),
    _A("window.models", WINDOW, N_("&Model manager…"), lambda w: w.dialogs.models(),
       help=N_("See, check, import and choose model packs.")),
    _A("window.log", WINDOW, N_("&Log…"), lambda w: w.dialogs.log()),
    _A("window.reset", WINDOW, N_("&Reset window layout"), lambda w: w.reset_layout(), "", "reset",
       N_("All panels back to their first places."), apart=True),
)  # fmt: skip

_HELP = (
    _A("help.guide", HELP, N_("&Guide"), lambda w: w.dialogs.guide(), "Shift+F1",
       help=N_("From the first swap to the export, and all keys.")),
    _A("help.shortcuts", HELP, N_("&Keyboard shortcuts…"),
       lambda w: w.dialogs.preferences(shortcuts=True), "F1"),
    _A("help.diagnostics", HELP, N_("Copy &diagnostics"), lambda w: w.dialogs.copy_diagnostics(),
       help=N_("Versions, device and pack, to go with a report of a fault.")),
    _A("help.about", HELP, N_("&About HS Desktop…"), lambda w: w.dialogs.about(), icon="info",
       apart=True),
)  # fmt: skip


# --- tools ---------------------------------------------------------------------------------------

_TOOL_ROWS = (
    (Tool.MOVE, N_("&Move head"), "V", N_("Move, scale and turn the head on the result.")),
    (Tool.BRUSH, N_("&Brush"), "B", N_("Paint the current class on the layout.")),
    (Tool.ERASER, N_("&Eraser"), "E", N_("Put back what the models said.")),
    (Tool.FILL, N_("&Fill"), "G", N_("Give a whole area the current class.")),
    (Tool.LASSO, N_("&Lasso"), "L", N_("Draw round an area to give it the current class.")),
    (Tool.POLYGON, N_("&Polygon"), "P", N_("Click round an area, corner by corner.")),
    (Tool.MASK, N_("M&ask brush"), "M", N_("Add to a mask; the right button takes away.")),
    (Tool.RETOUCH, N_("Retou&ch"), "T", N_("Paint over what is to be made anew.")),
    (Tool.CLONE, N_("Cl&one"), "S", N_("Copy from another place, chosen with Alt and a click.")),
    (Tool.HEAL, N_("&Heal"), "J", N_("Copy structure from another place, keep the colours.")),
    (Tool.PICK, N_("P&ick class"), "I", N_("Take the class under the pointer.")),
    (Tool.HAND, N_("Ha&nd"), "H", N_("Move what is shown.")),
    (Tool.ZOOM, N_("&Zoom"), "Z", N_("Click to zoom in, with Alt to zoom out.")),
)  # fmt: skip


_TOOL_KEYS = {
    Tool.POLYGON: (CanvasKey.FINISH, CanvasKey.STEP_BACK, CanvasKey.GIVE_UP),
    Tool.HAND: (CanvasKey.PAN,),
}


def _tool(tool: Tool, text: str, shortcut: str, help: str) -> ActionRow:
    def take(window: MainWindow) -> None:
        window.editor.tools.tool = tool

    return ActionRow(
        f"tool.{tool}", TOOL, text, take, shortcut, str(tool), help,
        checked=lambda window: window.editor.tools.tool is tool, keys=_TOOL_KEYS.get(tool, ()),
    )  # fmt: skip


def _resize(factor: float) -> Callable[[MainWindow], None]:
    return lambda window: window.editor.tools.resize(factor)


def _class_row(number: int) -> ActionRow:
    """The digits are the first ten classes' ids, with Shift the others'."""
    info = CLASSES[number]

    def take(window: MainWindow) -> None:
        window.editor.tools.class_id = info.id

    return ActionRow(
        f"class.{number}", CLASS, info.name.capitalize(), take,
        str(number) if number < 10 else f"Shift+{number - 10}",
        checked=lambda window: window.editor.tools.class_id is info.id,
    )  # fmt: skip


_BRUSH = (
    _A("brush.smaller", TOOL, N_("&Smaller brush"), _resize(1 / 1.25), "[", apart=True),
    _A("brush.larger", TOOL, N_("La&rger brush"), _resize(1.25), "]"),
    _A("brush.softer", TOOL, N_("So&fter brush"), lambda w: w.editor.tools.harden(-0.25),
       "Shift+["),
    _A("brush.harder", TOOL, N_("Har&der brush"), lambda w: w.editor.tools.harden(0.25),
       "Shift+]"),
    _A("brush.swap-class", TOOL, N_("E&xchange classes"),
       lambda w: w.editor.tools.exchange_classes(), "X",
       help=N_("The current class and the one before.")),
)  # fmt: skip

TOOL_ROWS = tuple(_tool(*row) for row in _TOOL_ROWS)
CLASS_ROWS = tuple(_class_row(number) for number in range(len(CLASSES)))
ACTIONS: tuple[ActionRow, ...] = (
    *_FILE, *_EDIT, *_VIEW, *_LAYER, *_LAYOUT, *CLASS_ROWS, *_SWAP, *TOOL_ROWS, *_BRUSH,
    *_WINDOW, *_HELP,
)  # fmt: skip
SHORTCUTS: tuple[ActionRow | KeyRow, ...] = (*ACTIONS, *KEY_ROWS)  # all that a key can do
# Ids of actions of which always one is switched on.
CHOICES: tuple[tuple[str, ...], ...] = (
    ("view.head", "view.body", "view.result", "view.all"),
    tuple(row.id for row in CLASS_ROWS),
    tuple(row.id for row in TOOL_ROWS),
)


def of_menu(menu: str) -> Iterator[ActionRow]:
    """The rows of a menu, in order."""
    return (row for row in ACTIONS if row.menu == menu)


def groups() -> Iterator[tuple[str, tuple[ActionRow | KeyRow, ...]]]:
    """All that a key can do, by the names of menus, and of the canvas."""
    for menu in (*MENUS, *SUBMENUS):
        yield menu, tuple(of_menu(menu))
    yield CANVAS, KEY_ROWS

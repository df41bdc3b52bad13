"""The guide: a whole job in a few pages, and every key, as the user has set them."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QTextBrowser, QWidget

from hs_desktop.canvas.keys import CanvasKey, native
from hs_desktop.dialog_parts import closing_buttons, dialog_column
from hs_desktop.i18n import N_, _
from hs_desktop.panels.parts import calm_rows
from hs_desktop.windows.action_set import ActionSet, plain
from hs_desktop.windows.actions import SHORTCUTS, groups

_TEXTS: dict[str, str] = {row.id: row.text for row in SHORTCUTS}
_KEYS = {  # name in the text -> id of a row of shortcuts
    "open_head": "file.open-head", "open_body": "file.open-body", "save": "file.save",
    "export": "file.export", "undo": "edit.undo", "split": "view.split", "layout": "view.layout",
    "outlines": "view.outlines", "picture": "layer.import", "swap": "swap.swap",
    "live": "swap.live", "next_seed": "swap.next-seed", "star": "swap.star",
    "align": "swap.align", "move": "tool.move", "brush": "tool.brush", "eraser": "tool.eraser",
    "fill": "tool.fill", "lasso": "tool.lasso", "polygon": "tool.polygon", "mask": "tool.mask",
    "retouch": "tool.retouch", "clone": "tool.clone", "heal": "tool.heal",
    "smaller": "brush.smaller", "larger": "brush.larger", "exchange": "brush.swap-class",
    "before": CanvasKey.BEFORE, "left": CanvasKey.LEFT, "right": CanvasKey.RIGHT,
    "up": CanvasKey.UP, "down": CanvasKey.DOWN, "give_up": CanvasKey.GIVE_UP,
}  # fmt: skip

PAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        N_("The first swap"),
        (
            N_("Open the photo that gives the head ({open_head}) and the photo that gives all the "
               "rest ({open_body}), or drop each on its canvas. Two files dropped at once are "
               "head and body, in this order."),
            N_("Where a photo shows several people, click the one you mean."),
            N_("Press Swap ({swap}). The result forms on the canvas while it is made; each seed "
               "gives another one, and {next_seed} makes the next. Star what you like ({star}): "
               "starred variations are never cleared away."),
            N_("Hold {before} to see the photo as it was, or lay a slider between before and after "
               "({split})."),
        ),
    ),
    (
        N_("Correcting the layout with the brush"),
        (
            N_("The colours over a photo are its layout: what is hair, face, neck, clothes. The "
               "models follow it, so a result that went wrong often has a layout that is wrong. "
               "{layout} shows and hides it, {outlines} shows its borders only."),
            N_("Take the brush ({brush}) and a class: by its number, from the list, or with Alt "
               "and a click from the photo. {smaller} and {larger} size the brush, {exchange} "
               "goes back to the former class. The right button, or the other end of the pen, "
               "puts back what the models said; so does the eraser ({eraser})."),
            N_("Fill ({fill}), lasso ({lasso}) and polygon ({polygon}) give whole areas a class; "
               "the Layout menu grows, shrinks and smooths a class along all of its border."),
            N_("The layout of the result decides how head and body meet: hair over a shoulder, a "
               "collar, a bare neck. With Live ({live}) the result follows each stroke."),
        ),
    ),
    (
        N_("Moving the head"),
        (
            N_("After the first swap, take the move tool ({move}) on the result. Drag inside the "
               "frame to move the head, a corner to scale it, the round handle to turn it. The "
               "cross is the point that it scales and turns about: drag it elsewhere, double "
               "click to bring it back. Shift keeps to steps, {give_up} takes a drag back."),
            N_("{left}, {right}, {up} and {down} nudge the head by a pixel of the photo, with "
               "Shift by ten. Numbers can be typed in the Sampling panel under Head position. "
               "Align to neck ({align}) goes back to the automatic position."),
        ),
    ),
    (
        N_("Skin and light"),
        (
            N_("Head and body from different photos seldom have the same tone. In the Sampling "
               "panel, Head's skin brings the head's skin to the tone of the body's; Body's skin "
               "brings that of the body, hands and chest too, to the tone of the head's. With both "
               "at 50 % they meet halfway; at 0 % every pixel stays as it is."),
            N_("Head's light takes on the exposure and white balance of the body photo, hair and "
               "all. With Live ({live}) the result follows the sliders."),
        ),
    ),
    (
        N_("Retouching"),
        (
            N_("Retouch ({retouch}): paint over a spot of the result, let go, and the models make "
               "it anew."),
            N_("Clone ({clone}) and heal ({heal}) copy from where you clicked with Alt, onto a "
               "layer of their own; heal takes on the tone of its surroundings."),
            N_("The mask brush ({mask}) paints on the mask of the head, which is what is taken "
               "from the head photo, or on the region of the result, which is what is made anew. "
               "The right button takes away."),
            N_("Pictures of your own come as layers: import them ({picture}), paste them, or drop "
               "them on the result; the move tool places them. Everything can be undone ({undo}), "
               "and the History panel goes back to any step."),
        ),
    ),
    (
        N_("Saving and exporting"),
        (
            N_("A project ({save}) keeps all layers, settings and variations; Krita and GIMP open "
               "it as OpenRaster. What isn't saved is kept meanwhile and offered again should the "
               "program or the machine die."),
            N_("Export ({export}) writes the format that the name ends with. PNG and TIFF keep 16 "
               "bits; all keep the body photo's profile and EXIF. PSD and OpenRaster have body, "
               "head and each variation as layers with their masks."),
            N_("The file says that a part of the picture was made by a trained model, and with "
               "which settings; the preferences have a switch for that."),
        ),
    ),
)  # fmt: skip

HANDS: tuple[tuple[str, str], ...] = (
    (N_("Wheel"), N_("Zoom at the pointer")),
    (N_("Middle button, and drag"), N_("Move what is shown; with Shift rotate it")),
    (N_("Right button"), N_("Erase, or take away from a mask")),
    (N_("Alt and a click"), N_("Pick the class; with clone and heal, where to copy from")),
    (N_("Shift and a click"), N_("A straight line from where the last one ended")),
    (N_("Escape"), N_("In a panel: back to the canvas")),
)  # fmt: skip


class Guide(QDialog):
    """Stays open beside the work.

    Args:
        actions: whose keys are told.
    """

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setWindowTitle(_("Guide"))
        self.contents = QListWidget()
        self.contents.setAccessibleName(_("Contents"))
        self.contents.addItems([*(_(title) for title, _texts in PAGES), _("Keys")])
        calm_rows(self.contents)
        self.contents.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.contents.setFixedWidth(self.contents.sizeHintForColumn(0) + 16)
        self.text = QTextBrowser()
        self.text.setAccessibleName(_("Guide"))
        self.text.document().setDocumentMargin(14)
        self.text.document().setDefaultStyleSheet("p, td { line-height: 125%; }")
        row = QHBoxLayout()
        row.addWidget(self.contents)
        row.addWidget(self.text, 1)
        column = dialog_column(self)
        column.addLayout(row, 1)
        column.addWidget(closing_buttons(self))
        self.resize(820, 560)
        self.contents.currentRowChanged.connect(self._show_page)
        actions.shortcuts_changed.connect(self._write)
        self._write()
        self.contents.setCurrentRow(0)

    def _write(self) -> None:
        self.text.setHtml("".join((*self._pages(), *self._tables())))
        self._show_page(self.contents.currentRow())

    def _show_page(self, row: int) -> None:
        self.text.scrollToAnchor(str(row))

    # --- what stands in it -----------------------------------------------------------------------

    def _keys_of(self, action_id: str) -> str:
        return next(iter(native(self._actions.shortcuts[action_id])), "")

    def _pages(self) -> Iterator[str]:
        keys = {
            name: f"<b>{escape(self._keys_of(action_id) or plain(_(_TEXTS[action_id])))}</b>"
            for name, action_id in _KEYS.items()
        }
        for number, (title, texts) in enumerate(PAGES):
            yield _heading(number, _(title))
            for text in texts:
                yield f"<p>{escape(_(text)).format(**keys)}</p>"

    def _tables(self) -> Iterator[str]:
        yield _heading(len(PAGES), _("Keys"))
        yield _table(_("Mouse and pen"), [(_(keys), _(what)) for keys, what in HANDS])
        yield f"<p>{escape(_('The shortcuts below can be changed in the preferences.'))}</p>"
        for title, rows in groups():
            told = [(self._keys_of(row.id), plain(_(row.text))) for row in rows]
            yield _table(plain(_(title)), [row for row in told if row[0]])


def _heading(number: int, title: str) -> str:
    return f'<h2><a name="{number}"></a>{escape(title)}</h2>'


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f'<tr><td width="220">{escape(keys)}</td><td>{escape(what)}</td></tr>'
        for keys, what in rows
    )
    return f'<h3>{escape(title)}</h3><table cellpadding="3">{cells}</table>'

"""What this program is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hs_desktop import __version__
from hs_desktop.dialog_parts import closing_buttons, heading, muted
from hs_desktop.i18n import _
from hs_desktop.icons import pixmap

PAPER = "https://arxiv.org/abs/2212.06458"


class About(QDialog):
    """Name, version, what it is based on, licences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("About HS Desktop"))
        mark = QLabel()
        mark.setPixmap(pixmap("swap", 56, self.devicePixelRatioF()))
        text = QVBoxLayout()
        text.addWidget(heading(_("HS Desktop {version}").format(version=__version__), 1.5))
        about = QLabel(
            _("Puts the head of one photo on the body of another, on your own computer.")
        )
        about.setWordWrap(True)
        text.addWidget(about)
        paper = QLabel(
            _("An open implementation of {paper}.").format(
                paper=f'<a href="{PAPER}">HS-Diffusion (arXiv 2212.06458)</a>'
            )
        )
        paper.setTextFormat(Qt.TextFormat.RichText)
        paper.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        paper.setOpenExternalLinks(True)
        text.addWidget(paper)
        text.addWidget(muted(_("The code is under the Apache licence 2.0. The licence of each "
                               "model pack stands in the model manager.")))  # fmt: skip
        text.addWidget(muted(_("Swap heads only of people who agree to it.")))
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(text, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 14)
        column.addLayout(row)
        column.addSpacing(10)
        column.addWidget(closing_buttons(self))
        self.setMinimumWidth(480)

"""Which pack a single trained model goes into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QWidget

from engine.single_models import SingleModel
from hs_desktop.asking import accepted
from hs_desktop.dialog_parts import agreeing_buttons, dialog_column, heading, muted
from hs_desktop.i18n import N_, _
from hs_desktop.model_packs import InstalledPack

MODEL_NAMES = {
    "finder": N_("finder"),
    "parser": N_("parser"),
    "autoencoder": N_("autoencoder"),
    "layout_generator": N_("layout generator"),
    "denoiser": N_("denoiser"),
}


class BasePackDialog(QDialog):
    """Says which model was found, and asks for the pack that gives all the others.

    Args:
        model: what is to be imported.
        packs: to choose from, all of them readable.
        chosen: the one that is proposed.
    """

    def __init__(
        self,
        model: SingleModel,
        packs: Sequence[InstalledPack],
        chosen: InstalledPack | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._packs = packs
        self.setWindowTitle(_("Import a model"))
        self._choice = QComboBox()
        self._choice.setAccessibleName(_("Base pack"))
        for pack in packs:
            if pack.manifest is not None:
                self._choice.addItem(f"{pack.manifest.name} {pack.manifest.version}")
        if chosen in packs:
            self._choice.setCurrentIndex(packs.index(chosen))
        form = QFormLayout()
        form.addRow(_("&Base pack:"), self._choice)
        column = dialog_column(self)
        column.setSpacing(10)
        column.addWidget(
            heading(_("A trained model: {name}").format(name=_(MODEL_NAMES[model.name])))
        )
        column.addWidget(
            muted(
                _(
                    "It makes a new pack: a copy of the base pack with this model in the place "
                    "of its own. The base pack stays as it is."
                )
            )
        )
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(agreeing_buttons(self, _("&Import")))
        self.setMinimumWidth(420)

    @property
    def base(self) -> Path:
        """The folder of the pack that is chosen."""
        return self._packs[self._choice.currentIndex()].folder


async def ask_for_base(
    model: SingleModel,
    packs: Sequence[InstalledPack],
    chosen: InstalledPack | None,
    parent: QWidget,
) -> Path | None:
    """The folder of the base pack; ``None`` where the import is given up."""
    dialog = BasePackDialog(model, packs, chosen, parent)
    return dialog.base if await accepted(dialog) else None

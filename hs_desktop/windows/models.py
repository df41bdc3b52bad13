"""The model manager: which packs there are, whether they are whole, which one is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from engine.checkpoints import CHECKPOINTS, find_model_or_checkpoint
from engine.errors import EngineError, PackError
from engine.packs import verify_pack
from engine.single_models import WEIGHTS
from hs_desktop.asking import ask_for_folder, ask_to_open
from hs_desktop.dialog_parts import closing_buttons, dialog_column, heading, muted
from hs_desktop.editor import Editor
from hs_desktop.i18n import _, translated
from hs_desktop.icons import icon
from hs_desktop.model_packs import (
    InstalledPack,
    import_model,
    import_pack,
    installed_packs,
    is_pack,
)
from hs_desktop.windows.base_pack import MODEL_NAMES, ask_for_base

_MODELS = (WEIGHTS, *CHECKPOINTS)


class ModelManager(QDialog):
    """Lists packs; verifies, imports and chooses them.

    Args:
        editor: whose preferences name the pack in use.
        own: the folder of the user's packs.
    """

    def __init__(self, editor: Editor, own: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor, self._own = editor, own
        self._packs: list[InstalledPack] = []
        self.setWindowTitle(_("Model manager"))
        self._list = QTreeWidget()
        self._list.setRootIsDecorated(False)
        self._list.setHeaderLabels([_("Pack"), _("Version"), _("Licence"), _("State")])
        self._list.setAccessibleName(_("Model packs"))
        self._list.header().setStretchLastSection(True)
        self._list.currentItemChanged.connect(self._show_chosen)
        self._list.itemActivated.connect(self._use)
        self._details = muted("")
        self._details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self._details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(_("Progress"))
        self._busy.setFixedHeight(10)
        self._outcome = QLabel()
        self._outcome.setWordWrap(True)
        self._use_button = self._button(
            _("&Use"), "check", _("Use this pack from the next start on"), self._use
        )
        self._verify_button = self._button(
            _("&Verify"), "search", _("Compare every file with its checksum"), self._verify
        )
        folder = self._button(
            _("Import &folder…"), "plus",
            _("Copy a pack from a folder, or a trained model from the folder of a training run"),
            self._import_folder,
        )  # fmt: skip
        archive = self._button(
            _("Import &zip…"), "plus", _("Copy a pack from a zip file"), self._import_zip
        )
        model = self._button(
            _("Import &model…"), "plus",
            _("Make a pack of another one and a trained model: its weights or a checkpoint, with "
              "config.json beside it"),
            self._import_model,
        )  # fmt: skip
        self._buttons = folder, archive, model
        row = QHBoxLayout()
        for button in (self._use_button, self._verify_button):
            row.addWidget(button)
        row.addStretch(1)
        for button in self._buttons:
            row.addWidget(button)
        column = dialog_column(self)
        column.addWidget(heading(_("Model packs")))
        column.addWidget(self._list, 1)
        column.addWidget(self._details)
        column.addLayout(row)
        column.addWidget(self._busy)
        column.addWidget(self._outcome)
        column.addWidget(closing_buttons(self))
        self._busy.hide()
        self.resize(680, 420)
        self.read()

    def _button(self, text: str, name: str, tip: str, run: Any) -> QPushButton:
        button = QPushButton(text)
        button.setIcon(icon(name))
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(run)
        return button

    # --- the list --------------------------------------------------------------------------------

    def read(self, choose: Path | None = None) -> None:
        """List what is installed now; ``choose`` is the folder of the pack to be selected."""
        used = self._editor.preferences["pack"]
        self._packs = installed_packs(self._own)
        self._list.clear()
        for pack in self._packs:
            item = QTreeWidgetItem(self._columns(pack, used))
            item.setToolTip(0, str(pack.folder))
            self._list.addTopLevelItem(item)
            if pack.folder == choose or (choose is None and pack.key == used):
                self._list.setCurrentItem(item)
        for column in range(3):
            self._list.header().setSectionResizeMode(
                column, QHeaderView.ResizeMode.ResizeToContents
            )
        self._show_chosen()

    def _columns(self, pack: InstalledPack, used: str) -> list[str]:
        state = _("in use") if pack.key == used else ""
        if pack.manifest is None:
            return [pack.folder.name, "", "", _("can't be read")]
        return [pack.manifest.name, pack.manifest.version, pack.manifest.licence, state]

    @property
    def _chosen(self) -> InstalledPack | None:
        index = self._list.indexOfTopLevelItem(self._list.currentItem())
        return self._packs[index] if index >= 0 else None

    def _show_chosen(self) -> None:
        pack, idle = self._chosen, not self._busy.isVisible()
        self._verify_button.setEnabled(pack is not None and idle)
        used = self._editor.preferences["pack"]
        self._use_button.setEnabled(
            idle and pack is not None and pack.manifest is not None and pack.key != used
        )
        for button in self._buttons:
            button.setEnabled(idle)
        self._details.setText("" if pack is None else _details(pack))

    # --- what is done ----------------------------------------------------------------------------

    def _use(self) -> None:
        pack = self._chosen
        if pack is None or pack.manifest is None:
            return
        self._editor.preferences["pack"] = pack.key
        self.read(pack.folder)
        self._outcome.setText(
            _("{name} is used from the next start on.").format(name=pack.manifest.name)
        )

    def _verify(self) -> None:
        pack = self._chosen
        if pack is not None:
            self._editor.spawn(self._working(self._verified(pack.folder)))

    def _import_folder(self) -> None:
        self._editor.spawn(self._imported(ask_for_folder(self, _("Import a model pack"))))

    def _import_zip(self) -> None:
        chosen = ask_to_open(self, _("Import a model pack"), [_("Zip files (*.zip)")])
        self._editor.spawn(self._imported(chosen))

    def _import_model(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in _MODELS)
        filters = [_("Models ({patterns})").format(patterns=patterns)]
        chosen = ask_to_open(self, _("Import a model"), filters)
        self._editor.spawn(self._imported(chosen))

    async def _verified(self, folder: Path) -> str:
        manifest = await asyncio.to_thread(verify_pack, folder)
        return _("{name}: all {count} files are as they should be.").format(
            name=manifest.name, count=len(manifest.files)
        )

    async def _imported(self, chosen: Coroutine[Any, Any, Path | None]) -> None:
        source = await chosen
        if source is None:
            return
        if source.suffix.lower() not in _MODELS and (source.is_file() or is_pack(source)):
            await self._working(self._installed(import_pack, source))
        else:
            await self._import_into_base(source)

    async def _import_into_base(self, source: Path) -> None:
        """Ask for the pack that a trained model goes into, and make another one of both."""
        self._outcome.clear()
        try:
            model = find_model_or_checkpoint(source)
        except PackError as error:
            self._outcome.setText(translated(error))
            return
        packs = [pack for pack in self._packs if pack.manifest is not None]
        base = await ask_for_base(model, packs, self._chosen, self)
        if base is not None:
            await self._working(self._installed(import_model, source, base))

    async def _installed(self, make: Callable[..., Path], *sources: Path) -> str:
        folder = await asyncio.to_thread(make, *sources, self._own)
        self.read(folder)
        return _("Imported and verified; choose Use to work with it.")

    async def _working(self, work: Coroutine[Any, Any, str]) -> None:
        """Show that it goes on, and how it went; what is wrong with a pack is told here."""
        self._busy.show()
        self._outcome.clear()
        self._show_chosen()
        try:
            self._outcome.setText(await work)
        except EngineError as error:
            self._outcome.setText(translated(error))
        finally:
            self._busy.hide()
            self._show_chosen()


def _details(pack: InstalledPack) -> str:
    if pack.manifest is None:
        return pack.fault
    made = pack.manifest.provenance.get("made")
    data = pack.manifest.provenance.get("data")
    lines = [str(pack.folder)]
    replaced = pack.manifest.provenance.get("replaced")
    for change in replaced if isinstance(replaced, list) else ():
        if isinstance(change, dict) and change.get("model") in MODEL_NAMES:
            lines.append(
                _("{model} replaced, in {pack}, from {source}").format(
                    model=_(MODEL_NAMES[change["model"]]), pack=change.get("in"),
                    source=change.get("from"),
                )
            )  # fmt: skip
    if isinstance(data, dict) and data.get("name"):
        lines.append(_("Trained on {data}").format(data=data["name"]))
    if isinstance(made, str):
        lines.append(_("Made {date}").format(date=made))
    return "\n".join(lines)

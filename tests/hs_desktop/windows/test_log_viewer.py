"""What the program has logged, to be searched and copied."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QLineEdit,
)
from pytestqt.qtbot import QtBot

from hs_desktop.windows.log_viewer import LogViewer
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.windows.conftest import press


def test_the_log_is_searched_and_copied(tmp_path: Path, qtbot: QtBot, loop: WindowLoop) -> None:
    (tmp_path / "hs-desktop.log").write_text("one line\nanother line\n", encoding="utf-8")

    async def diagnostics() -> str:
        return "versions and so on"

    viewer = LogViewer(tmp_path, diagnostics)
    qtbot.addWidget(viewer)
    viewer.show()
    viewer.findChild(QLineEdit).setText("ANOTHER")
    assert viewer._listing.toPlainText() == "another line"
    press(viewer, "Copy diagnostics")
    loop.until(lambda: "versions" in QGuiApplication.clipboard().text())
    assert "one line" in QGuiApplication.clipboard().text()


def test_an_empty_log(tmp_path: Path, qtbot: QtBot) -> None:
    viewer = LogViewer(tmp_path / "nowhere", _nothing)
    qtbot.addWidget(viewer)
    assert viewer._listing.toPlainText() == "The log is empty."


async def _nothing() -> str:
    return ""

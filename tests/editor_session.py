"""A job done in the editor's own window, as a user does it: with keys and the mouse.

Run as ``python -m tests.editor_session work|recover FOLDER``, with a display. What is printed,
a line of JSON for each step, is judged by ``test_editor_end_to_end``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine.labels import SemanticClass
from hs_desktop import app, edits
from hs_desktop.document.events import Side
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Level, Message
from hs_desktop.windows.recovery import RecoveryDialog
from hs_desktop.windows.welcome import Welcome
from tests.hs_desktop.windows.conftest import press

PATIENCE = 900.0  # seconds, for each step: the cores may be busy
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def tell(step: str, **facts: Any) -> None:
    print(json.dumps({"step": step, **facts}), flush=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


class Session:
    """The program and hands on it."""

    def __init__(self, program: app.Program, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.window, self.editor = program.window, program.editor
        self.previews = 0
        self.problems: list[str] = []
        self.editor.bridge.previewed.connect(self._previewed)
        self.editor.said.connect(self._said)

    def _previewed(self) -> None:
        self.previews += 1

    def _said(self, message: Message) -> None:
        if message.level is Level.ERROR:
            self.problems.append(message.text)

    async def idle(self) -> None:
        """Until the engine has nothing to do and its results are layers."""
        await asyncio.sleep(0.1)
        own = asyncio.current_task()
        await until(lambda: not self.editor.bridge.is_busy and self.editor._errands._tasks <= {own})

    async def dialog(self, kind: type[QWidget]) -> QWidget:
        def shown() -> list[QWidget]:
            return [w for w in QApplication.topLevelWidgets()
                    if isinstance(w, kind) and w.isVisible()]  # fmt: skip

        await until(shown)
        return shown()[0]

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.window.action_set.refresh_now()
        QTest.keyClick(self.window.canvases.view, key, modifiers)

    def variations(self) -> list[Variation]:
        return [layer for layer in self.editor.document.result if isinstance(layer, Variation)]

    # --- the job -------------------------------------------------------------------------------

    async def work(self) -> None:
        welcome = await self.dialog(Welcome)
        await self.screenshot("welcome")
        press(welcome, "Sample project")
        self.window.activateWindow()  # without a window manager nobody else does
        await until(self.window.isActiveWindow)
        await until(lambda: edits.topmost_layout(self.editor.document, Side.BODY) is not None)
        await self.idle()
        tell("opened", platform=QApplication.platformName(), cv2="cv2" in sys.modules)

        self.key(Qt.Key.Key_Return, CTRL)
        await self.idle()
        made = self.variations()[0]
        tell("swapped", previews=self.previews, changed=made.patch.pixels.size, device=made.device)
        await self.screenshot("swapped")

        self.key(Qt.Key.Key_V)
        self.editor.live = True
        await self.idle()
        before = len(self.variations())
        for _ in range(3):
            self.key(Qt.Key.Key_Right, SHIFT)
        await self.idle()
        tell("moved", shift=self.editor.document.transform.shift,
             results=len(self.variations()) - before)  # fmt: skip

        await self.paint_hair()
        self.editor.live = False
        self.key(Qt.Key.Key_B, CTRL)
        await until(lambda: any(one.starred for one in self.variations()))
        await self.screenshot("painted")

        path = self.folder / "job.hsd"
        await self.editor.save(path)
        await self.editor.export(self.folder / "editor.png")
        tell("saved", modified=self.editor.document.is_modified, size=path.stat().st_size)

        self.key(Qt.Key.Key_D, CTRL)
        await self.editor.autosave_now()
        tell("kept", problems=self.problems, seed=self.editor.document.settings.sampling.seed)
        await asyncio.sleep(PATIENCE)  # to be killed

    async def paint_hair(self) -> None:
        """With the brush over the right upper part of the body photo."""
        self.window.canvases.show_side(Side.BODY)
        self.key(Qt.Key.Key_B)
        self.key(Qt.Key.Key_2)
        layout = edits.topmost_layout(self.editor.document, Side.BODY)
        assert layout is not None
        self.editor.activate(Side.BODY, layout.id)
        before = int((layout.ids.pixels == SemanticClass.HAIR).sum())
        view = self.window.canvases.view
        await asyncio.sleep(0.2)
        middle = QPoint(view.width() // 2, view.height() // 3)
        QTest.mousePress(view, LEFT, NONE, middle)
        for step in range(1, 12):
            QTest.mouseMove(view, middle + QPoint(6 * step, 2 * step))
            await asyncio.sleep(0.01)
        QTest.mouseRelease(view, LEFT, NONE, middle + QPoint(70, 24))
        await self.idle()
        tell("painted", hair=int((layout.ids.pixels == SemanticClass.HAIR).sum()) - before)

    async def recover(self) -> None:
        recovery = await self.dialog(RecoveryDialog)
        await self.screenshot("recovery")
        press(recovery, "Recover")
        await until(lambda: len(self.editor.document.result))
        await self.idle()
        document = self.editor.document
        tell("recovered", seed=document.settings.sampling.seed, modified=document.is_modified,
             path=str(document.path),
             starred=sum(one.starred for one in self.variations()))  # fmt: skip
        await self.editor.open_project(self.folder / "job.hsd")
        photo = document.photo(Side.RESULT)
        reopened = self.editor.document.photo(Side.RESULT)
        assert photo is not None
        assert reopened is not None
        tell("reopened", same=bool(np.array_equal(photo.pixels, reopened.pixels)),
             problems=self.problems)  # fmt: skip
        self.window.close()

    async def screenshot(self, name: str) -> None:
        """What the screen itself shows, once everything is painted."""
        await asyncio.sleep(0.5)
        self.window.screen().grabWindow(0).save(str(self.folder / f"{name}.png"))


def main(what: str, folder: Path) -> int:
    begin = app.Program._begin

    async def begun(program: app.Program, files: list[Path], sample: bool) -> None:
        session = Session(program, folder)
        step = asyncio.ensure_future(session.work() if what == "work" else session.recover())
        step.add_done_callback(_failed)
        await begin(program, files, sample)

    app.Program._begin = begun  # type: ignore[method-assign, assignment]
    return app.run()


def _failed(step: asyncio.Future[None]) -> None:
    if not step.cancelled() and (error := step.exception()) is not None:
        tell("failed", error=repr(error))
        QApplication.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))

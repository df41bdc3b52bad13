"""The editor that ``tests.kills`` kills: it works in a loop and writes down what it does.

Run as ``python -m tests.killed_editor FOLDER AUTOSAVE_SECONDS``. The strokes are numbered: each
leaves its number in a square of its own on a retouch layer, another square on the layout, and
the head moved by as many pixels. So what is in a project tells which strokes are.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QApplication

from engine.labels import NUM_CLASSES
from engine.requests import HeadTransform
from hs_desktop import app
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, PictureLayer
from hs_desktop.document.planes import Plane
from hs_desktop.editor import Editor, Level, Message
from hs_desktop.rects import Rect
from hs_desktop.windows.recovery import RecoveryDialog
from tests.hs_desktop.document.projects import find
from tests.hs_desktop.fake_engine import FakeEngine
from tests.hs_desktop.windows.conftest import press

SQUARE = 8  # px a side, one for each stroke
PROJECT, JOURNAL = "job.hsd", "journal.jsonl"


class Work:
    """What is done with one editor until it dies."""

    def __init__(self, program: app.Program, folder: Path, autosave: float) -> None:
        self._program, self._folder, self._autosave = program, folder, autosave
        self._editor: Editor = program.editor
        self._random = random.Random()
        self._problems: list[str] = []
        self._editor.said.connect(self._said)
        self._journal = os.open(folder / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._last = 0

    def _said(self, message: Message) -> None:
        if message.level is Level.ERROR:
            self._problems.append(message.text)

    def _tell(self, **facts: Any) -> None:
        os.write(self._journal, json.dumps({**facts, "at": time.time()}).encode() + b"\n")

    # --- the start -------------------------------------------------------------------------------

    async def begin(self, begun: Coroutine[Any, Any, None]) -> None:
        recovery = asyncio.ensure_future(self._recover())
        await begun
        recovery.cancel()
        await self._idle()
        recovered = self._editor.document.is_modified
        if not recovered and (self._folder / PROJECT).exists():
            await self._editor.open_project(self._folder / PROJECT)
        if not self._editor.document.has_photos:
            await self._prepare()
        else:
            self._last = self._count()
        litter = [str(path.relative_to(self._folder)) for path in self._folder.rglob("*")
                  if path.suffix == ".part" or path.name.startswith("writing-")]  # fmt: skip
        sessions = list((self._folder / "data").rglob("*.lock"))
        if len(sessions) > 1:
            litter.append(f"{len(sessions)} sessions")
        problems = self._problems + [f"{name} is left" for name in litter]
        self._tell(last=self._last, recovered=recovered, problems=problems)
        work = self._paint, self._swap, self._save, self._export, self._keep
        await asyncio.gather(*(self._again(one) for one in work))

    async def _recover(self) -> None:
        """Take the newest of what is offered, as a user would."""
        while True:
            await asyncio.sleep(0.02)
            for dialog in QApplication.topLevelWidgets():
                if isinstance(dialog, RecoveryDialog) and dialog.isVisible():
                    while dialog._list.topLevelItemCount() > 1:
                        dialog._list.setCurrentItem(
                            dialog._list.topLevelItem(dialog._list.topLevelItemCount() - 1)
                        )
                        press(dialog, "Discard")
                    press(dialog, "Recover")

    async def _idle(self) -> None:
        own = asyncio.current_task()
        while self._editor.bridge.is_busy or not self._editor._errands._tasks <= {own}:
            await asyncio.sleep(0.02)

    async def _prepare(self) -> None:
        for side in (Side.HEAD, Side.BODY):
            await self._editor.open_photo(side, self._folder / f"{side}.png")
        await self._idle()
        body = self._editor.document.photo(Side.BODY)
        assert body is not None
        clear = Plane(np.zeros((body.height, body.width, 4), np.uint8))
        layer = PictureLayer(name="Strokes", pixels=clear)
        self._editor.document.do(commands.add_layer(Side.BODY, layer))
        await self._editor.save(self._folder / PROJECT)

    def _square(self, stroke: int) -> Rect:
        columns = find(self._editor.document, Side.BODY, PictureLayer).size[0] // SQUARE
        y, x = divmod(stroke, columns)
        return Rect(x * SQUARE, y * SQUARE, (x + 1) * SQUARE, (y + 1) * SQUARE)

    def _count(self) -> int:
        """The last stroke of the document; what doesn't fit to it is a problem."""
        document = self._editor.document
        picture = find(document, Side.BODY, PictureLayer).pixels.pixels
        ids = find(document, Side.BODY, LayoutLayer).ids.pixels
        last = 0
        while (picture[self._square(last + 1).slices][..., 3] == 255).all():
            last += 1
        colours = picture[..., :3].astype(int)
        for stroke in range(1, last + 1):
            rows, columns = self._square(stroke).slices
            number = colours[rows, columns, 0] + 256 * colours[rows, columns, 1]
            if (number != stroke).any() or (ids[rows, columns] != stroke % NUM_CLASSES).any():
                self._problems.append(f"stroke {stroke} isn't whole")
        done = (picture[..., 3] == 255).sum() // SQUARE**2
        if done != last:
            self._problems.append(f"{done} strokes, but the first that is missing is {last + 1}")
        if document.transform.shift[0] not in (last, last - 1):
            self._problems.append(f"after {last} strokes the head is at {document.transform.shift}")
        return last

    # --- the work --------------------------------------------------------------------------------

    async def _again(self, work: Any) -> None:
        name = work.__name__.removeprefix("_")
        while True:
            await asyncio.sleep(self._random.uniform(0, 1) * _PAUSES[name])
            self._tell(begin=name)
            await work()
            self._tell(end=name)

    async def _paint(self) -> None:
        stroke = self._last + 1
        rect = self._square(stroke)
        number = (stroke % 256, stroke // 256, 77, 255)
        for side, plane, value in (
            (LayoutLayer, "ids", stroke % NUM_CLASSES), (PictureLayer, "pixels", number)
        ):  # fmt: skip
            layer = find(self._editor.document, Side.BODY, side)
            for half in (rect._replace(x1=rect.x0 + 4), rect._replace(x0=rect.x0 + 4)):
                line = self._editor.document.stroke(layer.id, "Brush", key=("stroke", stroke))
                with line.edit(plane, half) as pixels:
                    pixels[...] = value
            await asyncio.sleep(0.005)  # the button is still down
        self._editor.document.settle()
        self._editor.document.do(commands.set_transform(HeadTransform((float(stroke), 0.0))))
        self._last = stroke
        self._tell(stroke=stroke)

    async def _swap(self) -> None:
        self._editor.swap()
        while self._editor.bridge.is_busy:
            await asyncio.sleep(0.02)

    async def _save(self) -> None:
        await self._editor.save(self._folder / PROJECT)

    async def _export(self) -> None:
        suffix = self._random.choice(("png", "ora", "psd", "tif"))
        await self._editor.export(self._folder / f"result.{suffix}")

    async def _keep(self) -> None:
        await self._editor.autosave_now()


_PAUSES = {"paint": 0.04, "swap": 2.0, "save": 10.0, "export": 6.0, "keep": 0.0}


def main(folder: Path, autosave: float) -> int:
    begin = app.Program._begin
    _PAUSES["keep"] = 2 * autosave  # on average as often as that

    def open_engine(_preferences: object) -> FakeEngine:
        engine = FakeEngine()
        engine.seconds_per_step = 0.05
        return engine

    async def begun(program: app.Program, files: list[Path], sample: bool) -> None:
        work = Work(program, folder, autosave)
        program._preferences["show_welcome"] = False
        await work.begin(begin(program, files, sample))

    app._open_engine = open_engine
    app.Program._begin = begun  # type: ignore[method-assign, assignment]
    return app.run()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))

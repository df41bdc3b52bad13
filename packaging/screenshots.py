"""Pictures of every window, to be looked at: ``python packaging/screenshots.py OUT``.

In both themes and languages, at 1280 x 800 and at twice the sharpness, each in a process of its
own; ``OUT/ko-light-2x/preferences-1.png`` is one of them. No screen is needed. The models run
once, for the project that is shown; the next time it is taken from ``OUT/sample.hsd``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QScrollArea, QTabWidget, QWidget

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.engine import Description, Engine, JobContext, open_engine  # noqa: E402
from engine.errors import PackError  # noqa: E402
from engine.imageio import read_photo  # noqa: E402
from engine.requests import ParseRequest, Request, Result, SwapRequest  # noqa: E402
from engine.resources import resource_path  # noqa: E402
from engine.sentences import Sentence  # noqa: E402
from engine.single_models import find_model  # noqa: E402
from hs_desktop import app  # noqa: E402
from hs_desktop.document import commands, hsd  # noqa: E402
from hs_desktop.document.autosave import Recoverable  # noqa: E402
from hs_desktop.document.document import Document  # noqa: E402
from hs_desktop.document.events import Side  # noqa: E402
from hs_desktop.editor import Level  # noqa: E402
from hs_desktop.i18n import _, translated  # noqa: E402
from hs_desktop.made import ParsedLayers, ResultLayers  # noqa: E402
from hs_desktop.model_packs import installed_packs  # noqa: E402
from hs_desktop.paths import packs_folder  # noqa: E402
from hs_desktop.preferences import Preferences  # noqa: E402
from hs_desktop.results import add_results, replace_photo, set_parsed  # noqa: E402
from hs_desktop.tools.state import Tool  # noqa: E402
from hs_desktop.windows.base_pack import ask_for_base  # noqa: E402
from hs_desktop.windows.files import SAMPLE_BODY, SAMPLE_HEAD  # noqa: E402
from hs_desktop.windows.guide import Guide  # noqa: E402
from hs_desktop.windows.psd_layers import ask_for_layer  # noqa: E402
from hs_desktop.windows.recovery import RecoveryDialog  # noqa: E402

SIZE = 1280, 800
THEMES, LANGUAGES, SCALES = ("dark", "light"), ("en", "ko"), (1, 2)
CALM = 0.4  # seconds until all is painted
NOTE = Sentence("The graphics card ran out of memory; the job went on on the CPU.")
QUIET = {"QT_LOGGING_RULES": "default.warning=false"}  # of the platform without a screen


# --- the project that is shown -------------------------------------------------------------------


def make_project(path: Path) -> None:
    """The sample project with three results, by the embedded models."""
    document = Document()
    with open_engine() as engine:
        for side, name in ((Side.HEAD, SAMPLE_HEAD), (Side.BODY, SAMPLE_BODY)):
            photo = read_photo(resource_path(name))
            replace_photo(document, side, photo, Path(name).name)
            (parsed,) = engine.submit(ParseRequest(photo)).result()
            set_parsed(document, side, ParsedLayers.of(side, parsed.layout))
        document.do(commands.set_settings(variations=3))
        request = document.swap_request()
        results = engine.submit(request).result()
    made = ResultLayers.of(request, results)
    add_results(document, "Swap", made, 1 << 30)
    document.do(commands.change_layer(made.variations[1].id, starred=True))
    assert document.state.pair is not None
    document.learn(document.state.findings.with_place(document.state.pair, results[0].head_place))
    hsd.write_project(document.state, path)


class Still:
    """A runner that shows how things look halfway, or gone wrong, and makes nothing."""

    def describe(self) -> Description:
        return Description("cpu bf16", "compact-256 1.0")

    def run(self, request: Request, context: JobContext) -> tuple[Result, ...]:
        if isinstance(request, ParseRequest):
            width, height = request.photo.size
            boxes = ((0.08, 0.1, 0.4, 0.6), (0.35, 0.05, 0.75, 0.55))
            people = tuple((a * width, b * height, c * width, d * height) for a, b, c, d in boxes)
            layout = np.zeros((height, width), np.uint8)
            return (Result(None, layout, None, None, {}, people=people),)
        if isinstance(request, SwapRequest) and request.sampling.seed == 13:
            sentence = Sentence("The pack's file {path} is missing.", path="denoiser/config.json")
            raise PackError(sentence)
        context.plan({"parse": 2, "sample": 8, "composite": 1}, {"sample": 1.5})
        with context.stage("sample", 8):
            context.advance(5)
            while True:
                context.check()
                time.sleep(0.02)


class Left(Recoverable):
    """Something to recover that nobody has left."""

    def release(self) -> None: ...

    def discard(self) -> None: ...


# --- the tour ------------------------------------------------------------------------------------


class Tour:
    """Goes through the program and takes pictures.

    Args:
        program: with its window shown.
        project: the sample project with results.
        out: the folder of the pictures.
    """

    def __init__(self, program: app.Program, project: Path, out: Path) -> None:
        self._program, self._project, self._out = program, project, out
        self._window, self._editor = program.window, program.editor

    async def go(self) -> None:
        try:
            self._window.resize(*SIZE)
            self._window.docks.reset()  # made for the platform's screen, which is smaller
            await self._empty()
            await self._editor.open_project(self._project)
            await self._canvases()
            await self._tools()
            await self._menus()
            await self._dialogs()
            await self._jobs()
            await self._people()
        finally:
            for dialog in self._window.findChildren(QDialog):
                dialog.close()
            self._window.close_now()

    async def shot(self, name: str, widget: QWidget | None = None) -> None:
        await asyncio.sleep(CALM)
        widget = widget or self._window
        assert widget.grab().save(str(self._out / f"{name}.png"))

    def ask(self, action: str) -> None:
        self._window.action_set[action].trigger()

    async def _empty(self) -> None:
        await self.shot("empty")
        for name in ("history", "jobs"):
            self._window.docks.show(name)
            await self.shot(f"empty-{name}", self._window.docks[name])
        self._window.docks.show("layers")
        await self.dialog("welcome-first", self._window.dialogs.welcome)

    async def _canvases(self) -> None:
        for name in ("head", "body", "result", "all"):
            self.ask(f"view.{name}")
            self.ask("view.fit")
            await self.shot(f"view-{name}")
        self.ask("view.result")
        for name, back in (("split", "view.split"), ("layout", "edit.undo")):
            self.ask(f"view.{name}")
            await self.shot(f"view-{name}")
            self.ask(back)
        for name in ("history", "jobs", "classes", "sampling", "variations"):
            self._window.docks.show(name)
            await self.shot(f"panel-{name}", self._window.docks[name])
        self._window.docks.show("layers")
        rows = self._window.docks["sampling"].findChild(QScrollArea)
        assert isinstance(rows, QScrollArea)
        await self.shot("panel-sampling-rows", rows.widget())

    async def _tools(self) -> None:
        bar = self._window.findChild(QWidget, "options")
        for tool in Tool:
            self._editor.tools.tool = tool
            await self.shot(f"tool-{tool}", bar)
        self._editor.tools.tool = Tool.BRUSH
        self.ask("view.body")
        await asyncio.sleep(CALM)
        view = self._window.canvases.view
        QTest.mouseMove(view, view.rect().center() + QPoint(40, -60))
        await self.shot("brush")
        self._editor.tools.tool = Tool.MOVE
        self.ask("view.result")
        await self.shot("move")

    async def _menus(self) -> None:
        for number, action in enumerate(self._window.menuBar().actions()):
            menu = action.menu()
            assert isinstance(menu, QMenu)
            await self._menu(f"menu-{number}", menu)

    async def _menu(self, name: str, menu: QMenu) -> None:
        """One, and those below it."""
        menu.popup(QPoint(0, 0))
        await self.shot(name, menu)
        menu.close()
        below = [action.menu() for action in menu.actions()]
        for number, submenu in enumerate(entry for entry in below if isinstance(entry, QMenu)):
            await self._menu(f"{name}-{number}", submenu)

    async def _dialogs(self) -> None:
        dialogs = self._window.dialogs
        await self.dialog("welcome", dialogs.welcome)
        await self.dialog("models", dialogs.models)
        packs = installed_packs(packs_folder())
        model = find_model(packs[0].folder / "parser")
        await self.dialog("base-pack", lambda: ask_for_base(model, packs, None, self._window))
        await self.dialog("about", dialogs.about)
        dialogs.guide()
        guide = self._window.findChild(Guide)
        assert guide is not None
        for row, name in ((0, "guide"), (guide.contents.count() - 1, "guide-keys")):
            guide.contents.setCurrentRow(row)
            await self.shot(name, guide)
        guide.close()
        await self.dialog("about-result", dialogs.about_result)
        await self.dialog("log", dialogs.log)
        await self.dialog("preferences", dialogs.preferences, pages=True)
        left = [
            Left(time.time() - 60 * k, path, None, {})  # type: ignore[arg-type]
            for k, path in enumerate((self._project, None), 1)
        ]
        await self.dialog(
            "recovery",
            lambda: dialogs._show(
                RecoveryDialog(self._editor, list(left), self._window.files.may_leave, self._window)
            ),
        )
        self._editor.document.do(commands.set_settings(seed=5))
        await self.dialog("save-changes", self._window.files.may_leave)
        layers = ["Hair", "Retouch", "Retouch/Skin", "Background"]
        await self.dialog("psd-layers", lambda: ask_for_layer("portrait.psd", layers, self._window))
        await self.dialog("export", self._window.files.export)
        await self.dialog("open-head", lambda: self._window.files.open_photo(Side.HEAD))

    async def dialog(
        self, name: str, open_it: Callable[[], Coroutine[Any, Any, Any]], *, pages: bool = False
    ) -> None:
        """Open, take and close one; with ``pages``, each of its tabs."""
        task = asyncio.ensure_future(open_it())
        await asyncio.sleep(CALM)
        shown = [w for w in QApplication.topLevelWidgets()
                 if isinstance(w, QDialog) and w.isVisible()]  # fmt: skip
        tabs = shown[0].findChild(QTabWidget) if pages else None
        for page in range(1 if tabs is None else tabs.count()):
            if tabs is not None:
                tabs.setCurrentIndex(page)
            await self.shot(name if tabs is None else f"{name}-{page}", shown[0])
        shown[0].reject()
        await task

    async def _jobs(self) -> None:
        self.ask("view.result")
        self._window.docks.show("jobs")
        self._editor.swap()
        await self.shot("running")
        self._editor.cancel()
        self._editor.document.do(commands.set_settings(seed=13))
        self._editor.swap()
        await asyncio.sleep(CALM)
        self._editor.say(translated(NOTE), Level.WARNING)
        self._editor.say(_("The diagnostics are in the clipboard."))
        await self.shot("failed")
        self._window.docks.show("history")
        await self.shot("history")

    async def _people(self) -> None:
        self._editor.document.history.mark_clean()
        await self._window.files.open_sample()
        await asyncio.sleep(2 * CALM)
        self.ask("view.body")
        await self.shot("people")


def take(project: Path, out: Path, theme: str, language: str) -> int:
    """All pictures of one theme and language."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ("CONFIG", "DATA", "CACHE", "STATE"):
            os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
        preferences = Preferences(home / "preferences.json")
        preferences["theme"], preferences["language"] = theme, language
        preferences["show_welcome"] = False

        def attend(program: app.Program) -> None:
            tour = Tour(program, project, out)
            program.window.painted.connect(
                lambda: program.editor.spawn(tour.go()), Qt.ConnectionType.QueuedConnection
            )

        return app.run(home=home, open_engine=lambda _preferences: Engine(Still), attend=attend)


def platform(folder: Path, scale: int) -> str:
    """Qt's platform without a screen, with one as large as the window.

    Its own is 800 px wide: on that, dialogs and menus are smaller than anywhere else.
    """
    width, height = (scale * side for side in SIZE)
    screen = {"name": "screen", "x": 0, "y": 0, "width": width, "height": height, "dpr": 1}
    screen |= {"logicalDpi": 96, "logicalBaseDpi": 96}
    path = folder / f"screen-{scale}x.json"
    path.write_text(json.dumps({"screens": [screen]}), encoding="utf-8")
    return f"offscreen:configfile={path}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder of the pictures")
    parser.add_argument("--project", type=Path, help="another project with results to be shown")
    parser.add_argument("--only", default="", help="for instance ko-light-2x")
    parser.add_argument("--take", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    project = args.project or args.out / "sample.hsd"
    if args.take:
        return take(project, args.out, *args.take)
    args.out.mkdir(parents=True, exist_ok=True)
    if not project.exists():
        make_project(project)
    for language, theme, scale in product(LANGUAGES, THEMES, SCALES):
        folder = args.out / f"{language}-{theme}-{scale}x"
        if args.only not in folder.name:
            continue
        folder.mkdir(exist_ok=True)
        command = [sys.executable, __file__, str(folder), "--project", str(project)]
        environment = {"QT_QPA_PLATFORM": platform(args.out, scale), **os.environ, **QUIET}
        environment["QT_SCALE_FACTOR"] = str(scale)
        subprocess.run([*command, "--take", theme, language], env=environment, check=True)
        print(folder, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

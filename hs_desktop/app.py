"""The program with a window: what lives from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QLibraryInfo,
    QLocale,
    QMessageLogContext,
    Qt,
    QTimer,
    QtMsgType,
    QTranslator,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from hs_desktop import __version__, i18n, paths
from hs_desktop.commands.terminal import say
from hs_desktop.document.autosave import Recoverable, recoverable
from hs_desktop.editor import Editor
from hs_desktop.engine_bridge import EngineBridge, EngineLike
from hs_desktop.faults import FaultWatch
from hs_desktop.i18n import _
from hs_desktop.icons import icon
from hs_desktop.logs import Logs
from hs_desktop.preferences import Preferences
from hs_desktop.theme import Theme
from hs_desktop.windows.main_window import MainWindow

NO_DISPLAY = 2  # exit code
_LOOK_FOR_SIGNALS = 200  # ms, where no signal can wake the loop
_log = logging.getLogger(__name__)


class Program:
    """One editor and its window.

    Args:
        app: Qt's.
        loop: Qt's and asyncio's, the current one.
        preferences: the user's.
        open_engine: called with the first job.
        autosave_folder: of all running editors; ``None`` keeps nothing of unsaved projects.

    Attributes:
        editor, window: what they are called.
    """

    def __init__(
        self,
        app: QApplication,
        loop: QEventLoop,
        preferences: Preferences,
        open_engine: Callable[[], EngineLike],
        autosave_folder: Path | None,
    ) -> None:
        self._preferences = preferences
        self._autosave_folder = autosave_folder
        self._theme = Theme(app, preferences)
        self._bridge = EngineBridge(open_engine)
        self.editor = Editor(preferences, self._bridge, autosave_folder)
        self._faults = FaultWatch(loop, self.editor.fault, self.stop)
        self.window = MainWindow(self.editor)
        self._ended = asyncio.Event()
        self._keep = False
        self.window.closed.connect(self._ended.set)
        self._saving = QTimer(self.window)
        self._saving.timeout.connect(lambda: self.editor.spawn(self.editor.autosave_now()))
        preferences.changed.connect(self._preference_changed)

    def start(self, files: Sequence[Path] = (), *, sample: bool = False) -> None:
        """Show the window; all that takes time follows its first paint."""
        self.window.painted.connect(
            lambda: self.editor.spawn(self._begin(files, sample)),
            Qt.ConnectionType.QueuedConnection,
        )
        self.window.show()

    async def _begin(self, files: Sequence[Path], sample: bool) -> None:
        self._bridge.warm_up()
        self._saving.start(1000 * self._preferences["autosave_seconds"])
        found: list[Recoverable] = []
        if self._autosave_folder is not None:
            found = await asyncio.to_thread(recoverable, self._autosave_folder)
        if found:
            await self.window.dialogs.recovery(found)
        for path in files:
            await self.window.files.open_file(path)
        if sample and not found:
            await self.window.files.open_sample()
            self.editor.swap()
        elif self._preferences["show_welcome"] and not files and not found:
            await self.window.dialogs.welcome()

    async def run(self) -> None:
        """Until the window is closed."""
        await self._ended.wait()

    def stop(self) -> None:
        """Quit without a question; what isn't saved is offered at the next start."""
        if not self._keep:
            self._keep = True
            self.editor.spawn(self._stop())

    async def _stop(self) -> None:
        try:
            await self.editor.autosave_now()
        finally:
            self.window.close_now()

    def close(self) -> None:
        self._saving.stop()
        self._preferences.changed.disconnect(self._preference_changed)
        self.editor.close(keep=self._keep)
        self._theme.close()
        self._faults.close()
        self.window.deleteLater()

    def _preference_changed(self, key: str) -> None:
        if key == "autosave_seconds" and self._saving.isActive():
            self._saving.start(1000 * self._preferences[key])


def run(
    files: Sequence[Path] = (),
    *,
    sample: bool = False,
    home: Path | None = None,
    open_engine: Callable[[Preferences], EngineLike] | None = None,
    attend: Callable[[Program], None] | None = None,
) -> int:
    """Open the editor, with a project or photos; returns the exit code.

    Where no window can be opened, the process ends with one sentence and the exit code 2.

    Args:
        files: to be opened.
        sample: open the sample project and swap, instead of the welcome.
        home: where preferences, logs and autosaves live instead of the user's own folders.
        open_engine: called with the first job, instead of opening what the preferences name.
        attend: called with the program before its window is shown; measuring begins there.
    """
    app = _application()
    preferences = Preferences((home or paths.config_folder()) / "preferences.json")
    _speak(app, preferences["language"])
    logs = Logs(paths.log_folder() if home is None else home / "log")
    _log.info("HS Desktop %s", __version__)
    loop = QEventLoop(app)
    asyncio.set_event_loop(loop)
    try:
        program = Program(
            app, loop, preferences, lambda: (open_engine or _open_engine)(preferences),
            paths.autosave_folder() if home is None else home / "autosave",
        )  # fmt: skip
        _listen_to_signals(loop, program)
        try:
            if attend is not None:
                attend(program)
            program.start(files, sample=sample)
            loop.run_until_complete(program.run())
        finally:
            program.close()
            loop.run_until_complete(_cancelled_tasks())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        logs.close()
    return 0


# --- parts ---------------------------------------------------------------------------------------


def _application() -> QApplication:
    """Qt's application; without a display, the end."""
    complaints: list[str] = []

    def hear(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind is QtMsgType.QtFatalMsg:  # Qt aborts the process after this
            reason = complaints[0] if complaints else text
            say(_("The window can't be opened: {reason}.").format(reason=reason.rstrip(". ")))
            os._exit(NO_DISPLAY)
        complaints.append(text)

    qInstallMessageHandler(hear)
    # Every position of a pen counts for a stroke.
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressTabletEvents, False)
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    QGuiApplication.setDesktopFileName("hs-desktop")
    app = QApplication(sys.argv[:1])
    qInstallMessageHandler(None)
    app.setApplicationName("HS Desktop")
    app.setApplicationVersion(__version__)
    app.setWindowIcon(icon("swap"))
    app.setQuitOnLastWindowClosed(False)  # the program says when
    return app


def _speak(app: QApplication, language: str) -> None:
    """The user's language, for Qt's own dialogs as well."""
    if language == "system":
        # Windows and macOS tell programs with windows nothing in the environment.
        i18n.install(QLocale.system().uiLanguages())
    else:
        i18n.install([language])
        QLocale.setDefault(QLocale(language))
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(), "qtbase", "_", folder):
        app.installTranslator(translator)


def _open_engine(preferences: Preferences) -> EngineLike:
    from engine.engine import open_engine

    return open_engine(
        preferences["pack"], preferences["device"], preferences["engine_memory"] << 20,
        precision=preferences["precision"],
    )  # fmt: skip


def _listen_to_signals(loop: QEventLoop, program: Program) -> None:
    """Ctrl-C in the terminal, and the system's wish that we end."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, program.stop)
    except NotImplementedError:  # Windows: Python looks for signals while it runs
        signal.signal(signal.SIGINT, lambda _number, _frame: program.stop())
        timer = QTimer(program.window)
        timer.timeout.connect(lambda: None)
        timer.start(_LOOK_FOR_SIGNALS)


async def _cancelled_tasks() -> None:
    """Let tasks that were cancelled come to their end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*tasks, return_exceptions=True)

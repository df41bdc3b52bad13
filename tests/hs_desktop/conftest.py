"""What tests of the window share: a scripted engine, an editor on it, and a loop to run them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from engine.imageio import Photo
from hs_desktop import i18n
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor, Message
from hs_desktop.engine_bridge import EngineBridge
from hs_desktop.preferences import Preferences
from tests.hs_desktop.document.projects import photo
from tests.hs_desktop.fake_engine import FakeEngine

PATIENCE = 20.0  # seconds


class WindowLoop(QEventLoop):
    """The window's loop: ``run_until_complete`` handles Qt's events meanwhile."""

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Run until ``condition()`` is true."""
        end = time.monotonic() + PATIENCE

        async def waiting() -> bool:
            while not condition():
                if time.monotonic() > end:
                    return False
                await asyncio.sleep(0.002)
            return True

        if not self.run_until_complete(waiting()):
            pytest.fail(f"in vain waited for {what or condition}")

    def settle(self, editor: Editor) -> None:
        """Run until the engine and the editor have nothing to do any more."""
        self.until(lambda: not editor.bridge.is_busy and not editor.is_waiting, "the editor")


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[WindowLoop]:
    """The current loop of this thread, in which coroutines and Qt's events run."""
    qapp.setQuitOnLastWindowClosed(False)  # else closing a widget would stop the loop
    made = WindowLoop(qapp)
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


@pytest.fixture
def fake() -> Iterator[FakeEngine]:
    """A scripted engine; whatever it holds is released at the end."""
    engine = FakeEngine()
    yield engine
    engine.release()
    engine.close()


@pytest.fixture
def bridge(qapp: QApplication, fake: FakeEngine) -> Iterator[EngineBridge]:
    made = EngineBridge(lambda: fake)
    yield made
    fake.release()
    made.close()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "preferences" / "preferences.json")


@pytest.fixture
def editor(loop: WindowLoop, bridge: EngineBridge, preferences: Preferences) -> Iterator[Editor]:
    """An editor without photos and without autosave."""
    made = Editor(preferences, bridge)
    yield made
    made.close()
    loop.until(lambda: not made.is_waiting, "the editor's end")


@pytest.fixture
def said(editor: Editor) -> list[Message]:
    """What the editor has told the user."""
    messages: list[Message] = []
    editor.said.connect(messages.append)
    return messages


def head_photo(size: tuple[int, int] = (96, 128)) -> Photo:
    return photo(size, 1)


def body_photo(size: tuple[int, int] = (160, 200)) -> Photo:
    return photo(size, 2)


@pytest.fixture
def loaded(editor: Editor, loop: WindowLoop) -> Editor:
    """The editor with a head photo, 96 x 128, and a body photo, 160 x 200, both parsed."""
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    editor.set_photo(Side.BODY, body_photo(), "body.png")
    loop.settle(editor)
    editor.document.history.mark_clean()
    return editor


@pytest.fixture
def speak_korean() -> Iterator[Callable[[], None]]:
    """Makes it the window's language from then on; afterwards it is English again."""
    yield lambda: i18n.install(["ko"])
    i18n.install(["en"])

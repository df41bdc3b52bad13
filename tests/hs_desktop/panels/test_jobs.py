"""The jobs panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.errors import NoPersonError
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.panels.jobs import KEPT, JobsPanel
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.fake_engine import FakeEngine

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, loaded: Editor) -> JobsPanel:
    made = JobsPanel(loaded)
    qtbot.addWidget(made)
    made.resize(280, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def outcomes(panel: JobsPanel) -> list[str]:
    return [row.outcome for row in panel.ended]


def test_empty(panel: JobsPanel) -> None:
    assert panel._empty.isVisible()
    assert not panel.cancel_all.isEnabled()


def test_progress_and_outcome(
    panel: JobsPanel, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.seconds_per_step = 0.05
    fake.holds_at_preview = True
    record = loaded.swap()
    assert record is not None
    job = panel.open[record]
    assert job.stage.text() == "waiting"
    loop.until(lambda: job.stage.text().startswith("sampling "), "sampling")
    loop.until(lambda: job.bar.value() > 300, "progress")
    loop.until(lambda: "s left" in job.stage.text(), "the time left")
    fake.release()
    loop.settle(loaded)
    assert not panel.open
    assert outcomes(panel)[0].startswith("Done in")
    assert panel.ended[0].isVisible()


def test_cancel_one(panel: JobsPanel, loaded: Editor, fake: FakeEngine, loop: WindowLoop) -> None:
    fake.hold()
    swap = loaded.swap()
    parse = loaded.parse(Side.HEAD)
    assert swap is not None
    assert parse is not None
    QTest.mouseClick(panel.open[swap].cancel, LEFT)
    fake.release()
    loop.settle(loaded)
    assert outcomes(panel)[1] == "Cancelled"
    assert outcomes(panel)[0].startswith("Done")


def test_cancel_all(panel: JobsPanel, loaded: Editor, fake: FakeEngine, loop: WindowLoop) -> None:
    fake.hold()
    loaded.swap()
    loaded.parse(Side.HEAD)
    QTest.mouseClick(panel.cancel_all, LEFT)
    loop.settle(loaded)
    assert outcomes(panel) == ["Cancelled"] * 2


def test_errors_can_be_read(
    panel: JobsPanel, loaded: Editor, fake: FakeEngine, loop: WindowLoop, allow_log: None
) -> None:
    fake.fail(NoPersonError("No head was found."))
    loaded.swap()
    loop.settle(loaded)
    fake.fail(ZeroDivisionError())
    loaded.swap()
    loop.settle(loaded)
    assert outcomes(panel) == ["Failed: ZeroDivisionError", "Failed: No head was found."]


def test_live_jobs_are_not_listed_when_they_end(
    panel: JobsPanel, loaded: Editor, loop: WindowLoop
) -> None:
    loaded.live = True
    for guidance in (2.0, 3.0):
        loaded.document.do(commands.set_settings(guidance=guidance))
    assert panel.open
    loop.settle(loaded)
    assert not panel.ended


def test_the_last_ones_are_kept_and_cleared(
    panel: JobsPanel, loaded: Editor, loop: WindowLoop
) -> None:
    for _ in range(KEPT + 3):
        loaded.parse(Side.HEAD)
        loop.settle(loaded)
    assert len(panel.ended) == KEPT
    QTest.mouseClick(panel.clear, LEFT)
    assert not panel.ended
    assert panel._empty.isVisible()

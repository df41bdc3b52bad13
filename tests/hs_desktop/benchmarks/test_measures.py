"""Measures on tiny photos, offscreen: that they measure, not how fast it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from engine.imageio import write_photo
from engine.labels import SemanticClass
from hs_desktop.app import Program
from hs_desktop.benchmarks import brush, endurance, live, viewing
from hs_desktop.benchmarks.loopwatch import LoopWatch
from hs_desktop.benchmarks.materials import bust
from hs_desktop.benchmarks.processes import MeasureError, in_process
from hs_desktop.benchmarks.session import Session
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.edits import topmost_layout
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import photo
from tests.hs_desktop.fake_engine import FakeEngine

SIZE = 640, 480


@pytest.fixture
def session(editor: Editor, loop: WindowLoop) -> Iterator[Session]:
    window = MainWindow(editor)
    window.show()
    yield Session(cast(Program, SimpleNamespace(window=window, editor=editor)), 0.0)
    loop.settle(editor)
    window.close_now()
    window.deleteLater()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A photo and its layout."""
    write_photo(photo(SIZE), tmp_path / "photo.png")
    np.save(tmp_path / "layout.npy", bust(SIZE))
    return {"photo": str(tmp_path / "photo.png"), "layout": str(tmp_path / "layout.npy")}


def test_the_bust_has_its_parts() -> None:
    layout = bust(SIZE)
    assert layout.shape == (480, 640)
    assert {SemanticClass.HAIR, SemanticClass.FACE, SemanticClass.NECK} <= set(np.unique(layout))


def test_the_brush_paints_and_undoes(
    session: Session, loop: WindowLoop, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brush, "MOVES", 4)
    monkeypatch.setattr(brush, "ROUNDS", 2)
    monkeypatch.setattr(brush, "UNDONE", 2)
    monkeypatch.setattr(brush, "LENGTH", 300.0)
    figures = loop.run_until_complete(brush.measure(session, **files))
    for key in ("brush_fit_p95_ms", "brush_full_p95_ms", "undo_p95_ms", "redo_p95_ms", "stroke_mb"):
        assert figures[key] > 0
    assert figures["for_napari"]["strokes"]["full"]["zoom"] == 1.0
    assert len(figures["for_napari"]["strokes"]["fit"]["lines"]) == 2
    layout = topmost_layout(session.editor.document, Side.HEAD)
    assert layout is not None
    assert layout.is_edited
    assert session.editor.document.history.names[-1] == "Paint class"


def test_zooming_and_panning(
    session: Session, loop: WindowLoop, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "NOTCHES", 3)
    monkeypatch.setattr(viewing, "MOVES", 3)
    monkeypatch.setattr(viewing, "PLACES", ((0.4, 0.6),))
    figures = loop.run_until_complete(viewing.measure(session, photo=files["photo"]))
    assert 0 < figures["pan_p95_ms"] <= figures["view_max_ms"]
    assert 0 < figures["zoom_p95_ms"] <= figures["view_max_ms"]


def test_live_answers_and_cancels(
    session: Session, loop: WindowLoop, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STROKES", 2)
    monkeypatch.setattr(live, "CANCELLED", 1)
    fake.seconds_per_step = 0.01
    figures = loop.run_until_complete(live.measure(session))
    assert 0 < figures["live_preview_p50_ms"] <= figures["live_preview_max_ms"]
    assert figures["live_preview_p50_ms"] <= figures["live_final_max_ms"]
    assert 0 <= figures["cancel_steps"] < live.LONG - 6


def test_endurance_tells_how_far_it_is(
    session: Session, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(endurance, "WARM_UP", 2)
    monkeypatch.setattr(endurance, "PROJECT", 2)
    figures = loop.run_until_complete(endurance.measure(session, swaps=3))
    assert [number for number, _memory in figures["swaps_course"]] == [2, 3]
    assert abs(figures["swaps_growth"]) < 100
    assert capsys.readouterr().out == '{"progress": [2, 3]}\n{"progress": [3, 3]}\n'


def test_a_stall_is_found_and_placed(
    session: Session, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    watch = LoopWatch(session.window)

    def stand_still() -> None:
        time.sleep(0.4)

    watch.start()
    loop.run_until_complete(session.in_window(stand_still))
    watch.stop()
    assert max(watch.gaps) >= 0.4
    assert any("stand_still" in place for _length, place in watch.stalls)


def test_what_goes_wrong_ends_the_waiting(session: Session, loop: WindowLoop) -> None:
    from hs_desktop.editor import Level

    session.editor.say("It broke.", Level.ERROR)
    with pytest.raises(RuntimeError, match=r"It broke\."):
        loop.run_until_complete(session.until(lambda: False))

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        loop.run_until_complete(session.in_window(fail))


def test_a_measure_in_a_process_of_its_own(files: dict[str, str], tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "engine": None, "photos": [files["photo"]] * 2, "layout": files["layout"],
    }  # fmt: skip
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "preferences.json").write_text(
            '{"preferences": {"show_welcome": false}}', encoding="utf-8"
        )
    figures = in_process("photos", tmp_path / "good", options, environment, lambda _: None)
    assert 20 < figures["photos_mb"] < 2000
    options["layout"] = "nowhere.npy"
    with pytest.raises(MeasureError, match=r"FileNotFoundError.*nowhere\.npy"):
        in_process("photos", tmp_path / "bad", options, environment, lambda _: None)

"""Wrong use, and what may go wrong with right use."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import imageio
from engine.engine import JobContext
from engine.errors import NoPersonError, PackError
from hs_desktop.cli import main
from hs_desktop.filetypes import FLAT
from tests.hs_desktop.commands.fake_runner import FakeRunner
from tests.hs_desktop.commands.telling import SWAP, files, interrupt, no_thread_is_left


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("swop a b", "swop"),
        ("swap head.png -o out.png", "BODY"),
        ("swap head.png body.png", "--out"),
        (f"{SWAP} --sed 3", "--sed"),
        (f"{SWAP} extra.png", "extra.png"),
        (f"{SWAP} --seed x", '"x"'),
        (f"{SWAP} --seed -1", "-1"),
        (f"{SWAP} --seed 1.0", "1.0"),
        (f"{SWAP} --seed 9223372036854775808", "9223372036854775808"),
        (f"{SWAP} --seed 9223372036854775807 --variations 2", "9223372036854775807"),
        (f"{SWAP} --steps 0", "--steps"),
        (f"{SWAP} --steps 1001", "1001"),
        (f"{SWAP} --guidance 21", "21"),
        (f"{SWAP} --guidance nan", "nan"),
        (f"{SWAP} --strength 0", "--strength"),
        (f"{SWAP} --strength 1.01", "1.01"),
        (f"{SWAP} --scale 0", "--scale"),
        (f"{SWAP} --scale inf", "inf"),
        (f"{SWAP} --feather -1", "--feather"),
        (f"{SWAP} --rotate east", "east"),
        (f"{SWAP} --head-skin 101", "0 to 100"),
        (f"{SWAP} --body-skin -1", "0 to 100"),
        (f"{SWAP} --match-light much", '"much"'),
        ("retouch body.png --mask mask.png -o out.png --head-skin 50", "--head-skin"),
        (f"{SWAP} --shift 3", '"3"'),
        (f"{SWAP} --shift 3,a", '"3,a"'),
        (f"{SWAP} --head-at 1,2,3", '"1,2,3"'),
        (f"{SWAP} --head-at 9,9,2,2", '"9,9,2,2"'),
        (f"{SWAP} --head-at 49,2", "head.png"),
        (f"{SWAP} --body-at=-1,2", "body.png"),
        (f"{SWAP} --variations 0", "--variations"),
        (f"{SWAP} --layout small-layout.png", "small-layout.png"),
        (f"{SWAP} --region small-mask.png", "small-mask.png"),
        (f"{SWAP} --layout nowhere.png", "nowhere.png"),
        (f"{SWAP} --head-layout small-layout.png", "small-layout.png"),
        (f"{SWAP} --body-layout small-layout.png", "small-layout.png"),
        (f"{SWAP} --head-mask small-mask.png", "small-mask.png"),
        (f"{SWAP} --head-mask mask.png --region-out mask.png", "mask.png"),
        ("layout head.png body.png -o l.png --head-mask mask.png", "--head-mask"),
        (f"{SWAP} --layout-out l.jpg", "l.jpg"),
        (f"{SWAP} --region-out out.png", "out.png"),
        (f"{SWAP} --region-out nowhere/r.png", "nowhere/r.png"),
        ("swap head.png body.png -o out.gif", "out.gif"),
        ("swap head.png body.png -o out", "out"),
        ("swap head.png body.png -o results", "results"),
        ("swap head.png body.png -o nowhere/out.png", "nowhere"),
        ("swap head.png body.png -o text.jpg/out.png", "text.jpg"),
        ("swap head.png body.png -o body.png", "body.png"),
        (f"swap head.png body.png -o {'x' * 300}.png", "x" * 300),
        ("swap nowhere.png body.png -o out.png", "nowhere.png"),
        ("swap text.jpg body.png -o out.png", "text.jpg"),
        ("swap results body.png -o out.png", "results"),
        ("retouch body.png -o out.png", "--mask"),
        ("retouch body.png --mask small-mask.png -o out.png", "small-mask.png"),
        ("retouch body.png --mask black.png -o out.png", "black.png"),
        ("retouch body.png --mask mask.png --layout mask.png -o mask.png", "mask.png"),
        ("layout head.png body.png -o l.tif", "l.tif"),
        ("parse head.png -o p.tif", "p.tif"),
        ("parse head.png body.png -o p.png", "p.png"),
        ("parse head.png head.png -o results", "head.png"),
        ("parse head.png nowhere.png -o results", "nowhere.png"),
        ("parse head.png body.png -o results --at 1,2", "--at"),
        ("parse head.png -o .", "head.png"),
        ("batch nowhere.jsonl -o results", "nowhere.jsonl"),
        ("batch head.png -o results", "head.png"),
        ("batch results -o results", "results"),
        ("batch text.jpg -o head.png", "head.png"),
        ("batch text.jpg -o results --workers 0", "--workers"),
        ("prepare nowhere -o results/x", "nowhere"),
        ("train parser --data nowhere", "nowhere"),
        ("train painter --data results", "painter"),
        ("train parser --data results --steps 3 --minutes 2", "--minutes"),
        ("train parser --data results --minutes 0", "--minutes"),
        ("evaluate parser --data nowhere", "nowhere"),
        ("evaluate parser --data results --count 0", "--count"),
    ],
)
def test_wrong_use_is_one_sentence(
    runner: FakeRunner,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    names: str,
) -> None:
    before = files(folder)
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert names in err
    assert err.rstrip().endswith(".")
    assert files(folder) == before
    assert runner.requests == []


def test_outputs_are_checked_before_anything_is_read(runner: FakeRunner, folder: Path) -> None:
    (folder / "text.jpg").unlink()
    assert main(["swap", "nowhere.png", "text.jpg", "-o", "out.gif"]) == 2
    assert runner.opened == []


@pytest.mark.parametrize(
    "error", [NoPersonError("No head was found in body.png."), PackError("Damaged.")]
)
def test_errors_of_the_engine(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def script(request: Any, context: JobContext) -> None:
        raise error

    before = files(folder)
    runner.script = script
    assert main(SWAP.split()) == 2
    assert capsys.readouterr() == ("", f"{error}\n")
    assert files(folder) == before


def test_faults_of_the_program_are_not_hidden(runner: FakeRunner, folder: Path) -> None:
    def script(request: Any, context: JobContext) -> None:
        raise ZeroDivisionError

    runner.script = script
    with pytest.raises(ZeroDivisionError):
        main(SWAP.split())
    assert no_thread_is_left()


def test_too_little_memory(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(request: Any, context: JobContext) -> None:
        raise MemoryError

    runner.script = script
    assert main(SWAP.split()) == 2
    assert "memory" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="nobody sends signals there")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_nothing_half_written(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, number: str,
) -> None:  # fmt: skip
    before = files(folder)
    signals = []

    def told(_file: int) -> None:
        signals.append(number)
        signal.raise_signal(signal.Signals[number])

    monkeypatch.setattr(os, "fsync", told)
    assert main(SWAP.split()) == 130
    assert signals == [number]
    assert capsys.readouterr().err.endswith("Stopped.\n")
    assert files(folder) == before
    assert no_thread_is_left()
    assert signal.getsignal(signal.Signals[number]) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so(
    runner: FakeRunner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        monkeypatch.setattr(os, "fsync", lambda _file: signal.raise_signal(signal.SIGTERM))
        assert main(SWAP.split()) == 0
    finally:
        signal.signal(signal.SIGTERM, former)


def test_ctrl_c(runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(folder)
    runner.script = interrupt
    assert main(SWAP.split()) == 130
    assert capsys.readouterr() == ("", "Stopped.\n")
    assert files(folder) == before
    assert no_thread_is_left()


def test_suffixes_are_those_that_can_be_written(tmp_path: Path) -> None:
    assert tuple(imageio._WRITERS) == FLAT


def test_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    commands = re.findall(r"^    ([a-z-]+)(?: |$)", capsys.readouterr().out, re.MULTILINE)
    assert commands == [
        "swap", "replace-head", "retouch", "layout", "parse", "batch", "render",
        "export", "labels", "doctor", "bench", "prepare", "train", "average", "evaluate", "pack",
    ]  # fmt: skip
    for command in commands:
        with pytest.raises(SystemExit):
            main([command, "--help"])

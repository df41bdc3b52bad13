"""``batch``: many jobs, some of them bad, started again after a stop."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import imageio
from engine.engine import JobContext
from engine.errors import NoPersonError, PackError
from engine.imageio import Photo
from engine.requests import (
    FIT_PARTS,
    REPLACE_HEAD_SAMPLING,
    Fit,
    HeadTransform,
    LayoutRequest,
    SamplingSettings,
    SwapRequest,
)
from hs_desktop.cli import main
from tests.hs_desktop.commands.fake_runner import FakeRunner
from tests.hs_desktop.commands.telling import interrupt, no_thread_is_left

SIZE = 24


@pytest.fixture(autouse=True)
def _some_photos_are_bad(runner: FakeRunner) -> None:
    """Nobody is found in pitch-black photos; white ones bring a fault to light."""

    def script(request: Any, context: JobContext) -> None:
        asked = request.swap if isinstance(request, LayoutRequest) else request
        photo = asked.body if isinstance(asked, SwapRequest) else asked.photo
        if not photo.pixels.any():
            raise NoPersonError(f'No head was found in "{photo.path}".')
        if (photo.pixels == 255).all():
            raise ZeroDivisionError("division by zero")

    runner.script = script


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photos, which isn't the current one."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, shade in (("a", 50), ("b", 90), ("black", 0), ("white", 255)):
        pixels = np.full((SIZE, SIZE, 3), shade, dtype=np.uint8)
        imageio.write_photo(Photo(pixels), folder / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    return folder


def swap(out: str, **options: Any) -> dict[str, Any]:
    return {"command": "swap", "head": "a.png", "body": "b.png", "out": out, **options}


def write(folder: Path, jobs: list[Any]) -> Path:
    path = folder / "jobs.jsonl"
    lines = [job if isinstance(job, str) else json.dumps(job) for job in jobs]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def batch(jobs: Path, *options: str) -> int:
    return main(["batch", str(jobs), "-o", "results", *options])


def summary() -> list[dict[str, Any]]:
    text = Path("results/summary.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_bad_job_does_not_stop_the_rest(
    runner: FakeRunner, photos: Path, capsys: pytest.CaptureFixture[str], workers: int
) -> None:
    jobs: list[tuple[Any, str]] = [
        (swap("1.png", seed=3), ""),
        (swap("2.png", body="black.png"), "black.png"),
        ("{not json", "JSON"),
        ('"swap"', "JSON"),
        (swap("5.png", body="white.png"), "ZeroDivisionError"),
        ({"command": "train", "out": "6.png"}, "command"),
        ({"command": "swap", "head": "a.png", "body": "b.png"}, '"out"'),
        (swap("8.gif"), "8.gif"),
        (swap("../9.png"), "../9.png"),
        (swap(str(photos / "10.png")), "10.png"),
        (swap("1.png"), "line 1"),
        (swap("12.png", seed="x"), '"x"'),
        (swap("13.png", colour="red"), "--colour"),
        (swap("14.png", pack="other"), '"pack"'),
        (swap("15.png", seed={"a": 1}), '"seed"'),
        (swap("16.png", head="nowhere.png"), "nowhere.png"),
        (swap("17.png", head=5), '"head"'),
        (swap("18.png", help=True), '"help"'),
        (swap("a\0b.png"), '"out"'),
        (swap("20.png", region_out="../r.png"), "r.png"),
        ({"command": "swap", "head": "a.png", "out": "21.png"}, "BODY"),
        (swap("22.png", body=""), "empty"),
        (swap("23.png", no_flip=True), "--no-flip"),
        (swap("sub/24.png"), ""),
        (swap("25.png", head_skin=101), "0 to 100"),
        (swap("26.png", match_light=True), "--match-light"),
    ]
    path = write(photos, [job for job, _ in jobs])
    assert batch(path, "--json", f"--workers={workers}") == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "jobs": 26, "done": 2, "skipped": 0, "failed": 24,
        "summary": str(Path("results/summary.jsonl")),
    }  # fmt: skip
    records = summary()
    assert [record["line"] for record in records] == list(range(1, 27))
    for number, ((_, sentence), record) in enumerate(zip(jobs, records, strict=True), start=1):
        assert record["status"] == ("failed" if sentence else "done")
        if sentence:
            assert sentence in record["error"]
            assert f'Line {number} of "{path}"' in record["error"]
            assert record["error"] in err.splitlines()
        else:
            assert record["error"] is None
            assert set(record["milliseconds"]) >= {"parse"}
    assert records[0]["out"] == "1.png"
    assert (records[0]["seed"], records[0]["pack"]) == (3, "fake 1.0")
    assert {p.name for p in Path("results").rglob("*.*")} == {"1.png", "24.png", "summary.jsonl"}
    assert not Path("9.png").exists()
    assert len(runner.opened) == 1


def test_the_summary_tells_how_well_head_and_body_fit(runner: FakeRunner, photos: Path) -> None:
    runner.fit = Fit(dict.fromkeys(FIT_PARTS, 0.5), ("Try another photo.",))
    assert batch(write(photos, [swap("1.png")])) == 0
    (record,) = summary()
    assert record["fit"]["score"] == 0.5
    assert record["fit"]["advice"] == ["Try another photo."]


def test_options_are_those_of_the_command_line(runner: FakeRunner, photos: Path) -> None:
    imageio.write_mask(np.ones((SIZE, SIZE), np.float32), photos / "mask.png")
    imageio.write_layout(np.full((SIZE, SIZE), 3, np.uint8), photos / "layout.png")
    jobs = [
        swap("1.png", seed=7, guidance=2, steps=4, strength=0.5, head_at=[1, 2.5],
             shift="-3,4", scale=1.5, rotate=-8, flip=True, keep_background=False, feather=3,
             layout=None, region_out="r.png", variations=2),
        swap("2.png", **{"head-at": "1,2,3,4", "no-keep-background": True, "flip": False}),
        swap("3.png", region="mask.png", no_keep_background=False, keep_background=True,
             head_layout="layout.png", body_layout="layout.png", head_mask="mask.png",
             complete=False, match_grain=False, no_match_skin=True, provenance=False,
             head_skin=25, **{"body-skin": "50"}, match_light=12.5),
        {"command": "parse", "image": "a.png", "out": "4.png", "at": [3, 4]},
        {"command": "layout", "head": "a.png", "body": "b.png", "out": "5.png"},
        {"command": "replace-head", "image": "a.png", "out": "6.jpg", "seed": 9,
         "quality": 60, "lossless": False},
        {"command": "retouch", "image": str(photos / "a.png"), "mask": "mask.png", "out": "7.png",
         "bits": 16},
    ]  # fmt: skip
    path = write(photos, jobs)
    assert batch(path, "--workers=1", "--pack=mine", "--device=cpu", "--precision=fp32") == 0
    assert runner.opened == [("mine", "cpu", "fp32")]
    first, second, third, parse, layout, replace, retouch = runner.requests
    assert first.sampling == SamplingSettings(7, 2.0, 4, 0.5)
    assert first.transform == HeadTransform((-3.0, 4.0), 1.5, -8.0, True)
    assert (first.head_at, first.feather, first.variations) == ((1, 2.5), 3, 2)
    assert not first.keep_background
    assert (second.head_at, second.keep_background) == ((1, 2, 3, 4), False)
    assert not second.transform.flip
    assert (third.region.sum(), third.keep_background) == (SIZE * SIZE, True)
    assert (third.head_layout == 3).all()
    assert (third.body_layout == 3).all()
    assert third.head_mask.sum() == SIZE * SIZE
    assert (third.complete, third.match_grain, third.match_skin) == (False, False, False)
    assert (second.complete, second.match_grain, second.match_skin) == (True, True, True)
    assert (third.head_skin, third.body_skin, third.match_light) == (0.25, 0.5, 0.125)
    assert (second.head_skin, second.body_skin, second.match_light) == (0, 0, 0)
    assert imageio.read_photo("results/3.png").xmp is None
    assert b"<hsd:Seed>0<" in (imageio.read_photo("results/2.png").xmp or b"")
    assert parse.at == (3, 4)
    assert layout.swap.head.path == photos / "a.png"
    assert replace.sampling == dataclasses.replace(REPLACE_HEAD_SAMPLING, seed=9)
    assert retouch.mask.shape == (SIZE, SIZE)
    assert imageio.read_photo("results/7.png").bit_depth == 16
    names = {path.name for path in Path("results").iterdir()}
    assert names == {
        "1-1.png", "1-2.png", "r.png", "2.png", "3.png", "4.png", "5.png", "6.jpg", "7.png",
        "summary.jsonl",
    }  # fmt: skip


def test_a_batch_goes_on_where_it_was(
    runner: FakeRunner, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [swap(f"{n}.png", seed=n) for n in range(4)]
    path = write(photos, jobs)
    assert batch(path) == 0
    assert len(runner.requests) == 4
    first = summary()

    assert batch(path) == 0  # nothing to do
    assert len(runner.requests) == 4
    assert summary() == first
    assert "0 done, 4 done before, 0 failed" in capsys.readouterr().out

    Path("results/1.png").unlink()  # a lost result
    jobs[2]["seed"] = 77  # another job under the same name
    imageio.write_photo(Photo(np.full((SIZE, SIZE, 3), 99, np.uint8)), photos / "c.png")
    jobs.insert(0, swap("new.png", body="c.png"))
    assert batch(write(photos, jobs)) == 0
    assert sorted(r.sampling.seed for r in runner.requests[4:]) == [0, 1, 77]
    assert [record["out"] for record in summary()] == [
        "new.png", "0.png", "1.png", "2.png", "3.png",
    ]  # fmt: skip
    assert [record["line"] for record in summary()] == [1, 2, 3, 4, 5]

    imageio.write_photo(Photo(np.full((SIZE + 1, SIZE, 3), 98, np.uint8)), photos / "c.png")
    assert batch(write(photos, jobs)) == 0  # one input has changed
    assert len(runner.requests) == 8

    assert batch(write(photos, jobs), "--pack=other") == 0  # other models, other pictures
    assert len(runner.requests) == 13


def test_failed_jobs_are_tried_again(runner: FakeRunner, photos: Path) -> None:
    path = write(photos, [swap("1.png"), swap("2.png", body="late.png")])
    assert batch(path) == 1
    imageio.write_photo(Photo(np.full((SIZE, SIZE, 3), 9, np.uint8)), photos / "late.png")
    assert batch(path) == 0
    assert len(runner.requests) == 2


def test_ctrl_c_and_again(
    runner: FakeRunner, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(photos, [swap(f"{n}.png", seed=n) for n in range(6)])
    usual = runner.script

    def third_is_stopped(request: Any, context: JobContext) -> None:
        if len(runner.requests) == 3:
            interrupt(request, context)
        usual(request, context)

    runner.script = third_is_stopped
    assert batch(path, "--workers=1") == 130
    assert capsys.readouterr().err == "Stopped.\n"
    assert no_thread_is_left()
    assert [record["status"] for record in summary()] == ["done", "done"]
    names = {p.name for p in Path("results").iterdir()}
    assert names == {"0.png", "1.png", "summary.jsonl"}

    with Path("results/summary.jsonl").open("a") as file:
        file.write('{"line": 3, "out": "2.p')  # as a kill leaves it
    runner.script = usual
    runner.requests.clear()
    assert batch(path) == 0
    assert sorted(r.sampling.seed for r in runner.requests) == [2, 3, 4, 5]
    assert [record["status"] for record in summary()] == ["done"] * 6


def test_without_models_nothing_is_done(
    runner: FakeRunner, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.error = PackError("The pack is damaged.")
    assert batch(write(photos, [swap(f"{n}.png") for n in range(3)])) == 2
    assert capsys.readouterr().err == "The pack is damaged.\n"
    assert no_thread_is_left()


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe{\0"])
def test_unusable_lists(
    runner: FakeRunner, photos: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (photos / "jobs.jsonl").write_bytes(content)
    assert batch(photos / "jobs.jsonl") == 2
    err = capsys.readouterr().err
    assert "jobs.jsonl" in err
    assert err.count("\n") == 1
    assert not Path("results").exists()


def test_windows_lines_and_byte_order_mark(runner: FakeRunner, photos: Path) -> None:
    text = "\r\n".join(["\ufeff" + json.dumps(swap("1.png")), "", json.dumps(swap("2.png")), ""])
    (photos / "jobs.jsonl").write_bytes(text.encode())
    assert batch(photos / "jobs.jsonl") == 0
    assert [record["line"] for record in summary()] == [1, 3]

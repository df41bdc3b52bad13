"""The command line, with a scripted runner in place of the models."""

from __future__ import annotations

import _thread
import json
import re
import shlex
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import imageio
from engine.engine import Description, Engine, JobContext
from engine.errors import NoPersonError, PackError
from engine.imageio import Photo
from engine.labels import CLASSES
from engine.requests import (
    HeadTransform,
    LayoutRequest,
    ParseRequest,
    ReplaceHeadRequest,
    Result,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)
from hs_desktop import PROGRAM, i18n
from hs_desktop.cli import main
from hs_desktop.commands import terminal, training
from hs_desktop.commands.outputs import PHOTO_SUFFIXES
from hs_desktop.commands.tasks import REPLACE_HEAD_SAMPLING

WIDTH, HEIGHT = 48, 32


class FakeRunner:
    """Gives the body photo with its first pixel telling the seed; ``script`` may interfere."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.script: Callable[[Any, JobContext], None] = lambda request, context: None
        self.opened: list[tuple[Any, Any]] = []
        self.error: Exception | None = None

    def open(self, pack: Any = None, device: Any = None) -> Engine:
        self.opened.append((pack, device))
        return Engine(self._load)

    def _load(self) -> FakeRunner:
        if self.error is not None:
            raise self.error
        return self

    def describe(self) -> Description:
        return Description("cpu fp32", "fake 1.0")

    def run(self, request: Any, context: JobContext) -> tuple[Result, ...]:
        self.requests.append(request)
        context.plan({"parse": 1, "sample": 2}, {"parse": 0.1, "sample": 0.1})
        with context.stage("parse"):
            self.script(request, context)
        with context.stage("sample", 2):
            context.advance()
        asked = request.swap if isinstance(request, LayoutRequest) else request
        source: Photo = asked.body if isinstance(asked, SwapRequest) else asked.photo
        layout = np.full((source.height, source.width), 2, dtype=np.uint8)
        region = np.ones((source.height, source.width), dtype=np.float32)
        described: Any = {
            "milliseconds": context.milliseconds, "notes": context.notes,
            "device": "cpu fp32", "pack": "fake 1.0",
        }  # fmt: skip
        if isinstance(request, ParseRequest | LayoutRequest):
            return (Result(None, layout, None, None, **described),)
        results = []
        for seed in range(request.sampling.seed, request.sampling.seed + request.variations):
            pixels = source.pixels.copy()
            pixels[0, 0] = seed % 256
            results.append(Result(source.with_pixels(pixels), layout, region, seed, **described))
        return tuple(results)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr("engine.engine.open_engine", fake.open)
    return fake


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("template")
    for shade, name in enumerate(("head.png", "body.png", "other.png"), start=1):
        pixels = np.full((HEIGHT, WIDTH, 3), 40 * shade, dtype=np.uint8)
        imageio.write_photo(Photo(pixels), tmp_path / name)
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    imageio.write_mask(mask, tmp_path / "black.png")
    mask[4:9] = 1
    imageio.write_mask(mask, tmp_path / "mask.png")
    imageio.write_mask(mask[:-1], tmp_path / "small-mask.png")
    layout = np.full((HEIGHT, WIDTH), 3, dtype=np.uint8)
    imageio.write_layout(layout, tmp_path / "layout.png")
    imageio.write_layout(layout[:-1], tmp_path / "small-layout.png")
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "results").mkdir()
    return tmp_path


@pytest.fixture
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a few small files in it."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path


def no_thread_is_left() -> bool:
    return not any(t.name.startswith(("engine", "batch")) for t in threading.enumerate())


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def seed_in(path: Path) -> int:
    return int(imageio.read_photo(path).pixels[0, 0, 0])


# --- options and requests ----------------------------------------------------------------------

SWAP = "swap head.png body.png -o out.png"
REPLACE = "replace-head body.png -o out.png"
RETOUCH = "retouch body.png --mask mask.png -o out.png"


def test_defaults_are_those_of_the_requests(runner: FakeRunner, folder: Path) -> None:
    for command in (SWAP, REPLACE, RETOUCH, "layout head.png body.png -o l.png",
                    "parse body.png -o p.png"):  # fmt: skip
        assert main(shlex.split(command)) == 0
    swap, replace, retouch, layout, parse = runner.requests
    assert (swap.head.path.name, swap.body.path.name) == ("head.png", "body.png")
    photo = swap.body
    assert_same(swap, SwapRequest(swap.head, photo))
    assert_same(replace, ReplaceHeadRequest(replace.photo))
    assert retouch.mask.sum() == 5 * WIDTH
    assert_same(retouch, RetouchRequest(retouch.photo, retouch.mask))
    assert_same(layout.swap, SwapRequest(layout.swap.head, layout.swap.body))
    assert_same(parse, ParseRequest(parse.photo))
    assert ReplaceHeadRequest(photo).sampling == REPLACE_HEAD_SAMPLING
    assert runner.opened == [(None, None)] * 5


def assert_same(request: Any, expected: Any) -> None:
    assert type(request) is type(expected)
    for name, value in vars(expected).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(request, name), value)
        else:
            assert getattr(request, name) == value, name


@pytest.mark.parametrize(
    ("command", "attributes"),
    [
        (f"{SWAP} --seed 7 --guidance 2.5 --steps 20 --strength 1",
         {"sampling": SamplingSettings(7, 2.5, 20, 1.0)}),
        (f"{SWAP} --seed 9223372036854775807", {"sampling": SamplingSettings(2**63 - 1)}),
        (f"{SWAP} --guidance 0 --strength 0.01", {"sampling": SamplingSettings(0, 0, 8, 0.01)}),
        (f"{SWAP} --shift -3,4.5 --scale 1.1 --rotate -8 --flip",
         {"transform": HeadTransform((-3.0, 4.5), 1.1, -8.0, True)}),
        (f"{SWAP} --shift=-3,-4", {"transform": HeadTransform((-3.0, -4.0))}),
        (f"{SWAP} --head-at 10,20 --body-at 1.5,2,40,30",
         {"head_at": (10.0, 20.0), "body_at": (1.5, 2.0, 40.0, 30.0)}),
        (f"{SWAP} --no-keep-background", {"keep_background": False}),
        (f"{SWAP} --keep-background --feather 0", {"keep_background": True, "feather": 0.0}),
        (f"{SWAP} --variations 3 --feather 2.5", {"variations": 3, "feather": 2.5}),
        (f"{SWAP} --no-match-grain", {"match_grain": False, "match_skin": True}),
        (f"{SWAP} --match-grain --no-match-skin", {"match_grain": True, "match_skin": False}),
        (f"{REPLACE} --no-match-grain --no-match-skin",
         {"match_grain": False, "match_skin": False}),
        (f"{RETOUCH} --no-match-skin", {"match_grain": True, "match_skin": False}),
        (f"{REPLACE} --seed 3 --at 5,6 --no-keep-background --variations 2 --feather 3 --steps 4",
         {"sampling": SamplingSettings(3, steps=4, strength=1.0), "at": (5.0, 6.0),
          "keep_background": False, "variations": 2, "feather": 3.0}),
        (f"{RETOUCH} --seed 3 --guidance 1 --steps 5 --strength 0.3 --feather 9 --variations 2",
         {"sampling": SamplingSettings(3, 1.0, 5, 0.3), "feather": 9.0, "variations": 2}),
        ("parse body.png -o p.png --at 3,4", {"at": (3.0, 4.0)}),
    ],
)  # fmt: skip
def test_options_reach_the_request(
    runner: FakeRunner, folder: Path, command: str, attributes: dict[str, Any]
) -> None:
    assert main(shlex.split(command)) == 0
    (request,) = runner.requests
    assert {name: getattr(request, name) for name in attributes} == attributes


def test_options_of_layout(runner: FakeRunner, folder: Path) -> None:
    command = ("layout head.png body.png -o l.png --head-at 1,2 --body-at 3,4 --shift 5,6 "
               "--scale 2 --rotate 7 --flip --no-keep-background")  # fmt: skip
    assert main(command.split()) == 0
    request = runner.requests[0].swap
    assert (request.head_at, request.body_at) == ((1, 2), (3, 4))
    assert request.transform == HeadTransform((5, 6), 2, 7, True)
    assert not request.keep_background
    np.testing.assert_array_equal(imageio.read_layout("l.png"), 2)


def test_maps_are_read_and_written(runner: FakeRunner, folder: Path) -> None:
    command = f"{SWAP} --layout layout.png --region mask.png"
    command += " --layout-out lo.png --region-out ro.png"
    assert main(command.split()) == 0
    (request,) = runner.requests
    np.testing.assert_array_equal(request.layout, 3)
    assert request.region.sum() == 5 * WIDTH
    np.testing.assert_array_equal(imageio.read_layout("lo.png"), 2)
    np.testing.assert_array_equal(imageio.read_mask("ro.png"), 1)
    assert main(f"{RETOUCH} --layout layout.png --region-out ro2.png".split()) == 0
    np.testing.assert_array_equal(runner.requests[1].layout, 3)
    assert (folder / "ro2.png").exists()


def test_what_was_painted_on_the_photos_is_read(runner: FakeRunner, folder: Path) -> None:
    command = f"{SWAP} --head-layout layout.png --body-layout layout.png --head-mask mask.png"
    assert main(command.split()) == 0
    assert main(SWAP.split()) == 0
    painted, plain = runner.requests
    np.testing.assert_array_equal(painted.head_layout, 3)
    np.testing.assert_array_equal(painted.body_layout, 3)
    assert painted.head_mask.sum() == 5 * WIDTH
    assert (plain.head_layout, plain.body_layout, plain.head_mask) == (None, None, None)


@pytest.mark.parametrize("command", [SWAP, REPLACE, RETOUCH])
def test_pictures_say_where_they_come_from(runner: FakeRunner, folder: Path, command: str) -> None:
    assert main([*command.split(), "--seed=7", "--steps=3", "--variations=2"]) == 0
    packets = [imageio.read_photo(f"out-{k}.png").xmp for k in (1, 2)]
    strength = REPLACE_HEAD_SAMPLING.strength if command == REPLACE else SamplingSettings().strength
    for seed, packet in zip((7, 8), packets, strict=True):
        assert packet is not None
        for said in (
            "compositeWithTrainedAlgorithmicMedia", f"<hsd:Program>{PROGRAM}<", "<hsd:Steps>3<",
            "<hsd:ModelPack>fake 1.0<", f"<hsd:Seed>{seed}<", f"<hsd:Strength>{strength:g}<",
        ):  # fmt: skip
            assert said in packet.decode()
    assert main([*command.split(), "--no-provenance"]) == 0
    assert imageio.read_photo("out.png").xmp is None
    silent = (folder / "out.png").read_bytes()
    assert b"xmp" not in silent


def test_photos_of_other_kinds_are_read(runner: FakeRunner, folder: Path) -> None:
    import pillow_heif

    grey = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    pillow_heif.from_bytes("RGB", (WIDTH, HEIGHT), grey.tobytes()).save("head.heic")
    assert main(["swap", "head.heic", "body.png", "-o", "out.png"]) == 0
    assert runner.requests[0].head.format == "HEIC"


def test_pack_and_device_reach_the_engine(runner: FakeRunner, folder: Path) -> None:
    for command in (SWAP, REPLACE, RETOUCH, "layout head.png body.png -o l.png",
                    "parse body.png -o p.png"):  # fmt: skip
        assert main([*command.split(), "--pack", "mine", "--device", "cuda:1"]) == 0
    assert runner.opened == [("mine", "cuda:1")] * 5


# --- what comes out ----------------------------------------------------------------------------


def test_a_swap_says_nothing_unless_asked(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(folder)
    assert main(SWAP.split()) == 0
    assert capsys.readouterr() == ("", "")
    assert files(folder) == before | {"out.png"}


def test_json_is_one_line(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.script = lambda _, context: context.note("The head is small.")
    assert main([*SWAP.split(), "--seed", "5", "--json"]) == 0
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (1, "")
    report = json.loads(out)
    milliseconds = report.pop("milliseconds")
    assert set(milliseconds) == {"load", "parse", "sample"}
    assert all(isinstance(value, float) for value in milliseconds.values())
    assert report == {
        "command": "swap", "output": "out.png", "seed": 5, "pack": "fake 1.0",
        "device": "cpu fp32", "notes": ["The head is small."],
    }  # fmt: skip


def test_notes_are_said(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.script = lambda _, context: context.note("The head is small.")
    assert main([*SWAP.split(), "--variations", "2"]) == 0
    assert capsys.readouterr() == ("", "The head is small.\n")


def test_variations(runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(folder)
    command = "swap head.png body.png -o results/a.b.tif --seed 5 --variations 3 --json"
    assert main([*command.split(), "--region-out", "r.png"]) == 0
    names = [f"results/a.b-{k}.tif" for k in (1, 2, 3)]
    assert files(folder) == before | {*names, "r.png"}
    assert [seed_in(folder / name) for name in names] == [5, 6, 7]
    report = json.loads(capsys.readouterr().out)
    assert (report["output"], report["seed"]) == (str(Path(names[0])), 5)
    assert [v["seed"] for v in report["variations"]] == [5, 6, 7]
    assert [v["output"] for v in report["variations"]] == [str(Path(name)) for name in names]


def test_one_variation_is_the_output_itself(runner: FakeRunner, folder: Path) -> None:
    assert main([*SWAP.split(), "--variations", "1", "--seed", "4"]) == 0
    assert seed_in(folder / "out.png") == 4


def test_parse_several(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse", "head.png", "body.png", "-o", "layouts", "--json"]) == 0
    np.testing.assert_array_equal(imageio.read_layout("layouts/head.png", (WIDTH, HEIGHT)), 2)
    np.testing.assert_array_equal(imageio.read_layout("layouts/body.png", (WIDTH, HEIGHT)), 2)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    report = json.loads(out)
    assert (report["output"], report["seed"], report["pack"]) == ("layouts", None, "fake 1.0")
    assert [image["output"] for image in report["images"]] == [
        str(Path("layouts/head.png")), str(Path("layouts/body.png")),
    ]  # fmt: skip
    assert len(runner.opened) == 1


def test_parse_one_into_a_folder(runner: FakeRunner, folder: Path) -> None:
    assert main(["parse", "head.png", "-o", "results"]) == 0
    assert (folder / "results" / "head.png").exists()


def test_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["labels", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    table = json.loads(out)
    assert [(c["id"], c["name"]) for c in table] == [(int(c.id), c.name) for c in CLASSES]
    assert table[2] == {"id": 2, "name": "hair", "colour": [230, 159, 0], "groups": ["HEAD"]}
    assert main(["labels"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CLASSES)
    assert lines[2].split() == ["2", "hair", "#e69f00", "HEAD"]


def test_progress_on_a_terminal(
    runner: FakeRunner,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(SWAP.split()) == 0
    shown = capsys.readouterr().err
    assert re.search(r"67%  sampling 1/2  \d s left", shown)
    assert shown.endswith("\r\x1b[K")
    assert "\n" not in shown


def test_time_left_is_readable() -> None:
    assert [terminal.time_left(s) for s in (0.4, 12, 80, 7260)] == [
        "0 s left", "12 s left", "1 min 20 s left", "2 h 1 min left",
    ]  # fmt: skip


# --- what goes wrong ---------------------------------------------------------------------------


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


def interrupt(request: Any, context: JobContext) -> None:
    """Ctrl-C while the job is at work."""
    _thread.interrupt_main()
    while True:
        context.check()


def test_ctrl_c(runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(folder)
    runner.script = interrupt
    assert main(SWAP.split()) == 130
    assert capsys.readouterr() == ("", "Stopped.\n")
    assert files(folder) == before
    assert no_thread_is_left()


def test_suffixes_are_those_that_can_be_written(tmp_path: Path) -> None:
    assert tuple(imageio._WRITERS) == PHOTO_SUFFIXES


def test_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    commands = re.findall(r"^    ([a-z-]+)(?: |$)", capsys.readouterr().out, re.MULTILINE)
    assert commands == [
        "swap", "replace-head", "retouch", "layout", "parse", "batch", "render",
        "export", "labels", "bench", "doctor", "prepare", "train", "evaluate", "pack",
    ]  # fmt: skip
    for command in commands:
        with pytest.raises(SystemExit):
            main([command, "--help"])


# --- training and the machine ------------------------------------------------------------------


def test_train(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.packs import find_pack
    from engine.training.loop import Budget

    calls: list[Any] = []

    def run(*args: Any, **kwargs: Any) -> dict[str, float]:
        calls.append((args, kwargs))
        return {"hair": 0.71234567}

    monkeypatch.setattr("engine.training.run.run", run)
    assert (
        main(
            [
                "train",
                "parser",
                "--data",
                "results",
                "--minutes",
                "2.5",
                "--resume",
                "--seed",
                "3",
                "--compile",
            ]
        )
        == 0
    )
    sgldm = "train sgldm --data results --runs r --steps 10 --from compact-256"
    assert main(sgldm.split()) == 0
    assert main(["train", "layout", "--data", "results"]) == 0
    data = Path("results")
    assert calls[0] == (
        ("parser", data, Path("runs"), Budget(minutes=2.5)),
        {"resume": True, "seed": 3, "compile_models": True, "start": None},
    )
    assert calls[1] == (
        ("sgldm", data, Path("r"), Budget(steps=10)),
        {"resume": False, "seed": 0, "compile_models": False, "start": find_pack()},
    )
    assert calls[2][0][3] == Budget(minutes=training.MINUTES["layout"])
    assert capsys.readouterr().out.splitlines()[0] == "hair  0.7123"

    def stopped(*args: Any, **kwargs: Any) -> dict[str, float]:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.training.run.run", stopped)
    assert main(["train", "parser", "--data", "results"]) == 130
    assert "--resume" in capsys.readouterr().err


def test_models_that_can_be_trained_and_measured() -> None:
    from engine.evaluation.run import NAMES
    from engine.training.run import TASKS

    assert set(training.MINUTES) == set(TASKS)
    assert set(training.EVALUATIONS) == set(NAMES)


def test_prepare(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []

    def prepare(*args: Any, **kwargs: Any) -> Any:
        calls.append((args, kwargs))
        yield from ((k, 3) for k in (1, 2, 3))

    monkeypatch.setattr("engine.training.prepare.prepare", prepare)
    assert main(["prepare", "results", "-o", "frames"]) == 0
    assert calls == [((Path("results"), Path("frames")), {"parse": None})]
    assert capsys.readouterr().err == '3 photos are prepared in "frames".\n'
    monkeypatch.setattr(training, "_parser_of", lambda pack: f"parser of {pack}")
    assert main(["prepare", "results", "-o", "frames", "--pack", "mine"]) == 0
    assert calls[1][1] == {"parse": "parser of mine"}


def test_evaluate(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []

    def evaluate(*args: Any, **kwargs: Any) -> dict[str, Any]:
        calls.append((args, kwargs))
        return {"photos": 3, "psnr": np.float32(0.5), "rest": {"worst": float("inf")}}

    monkeypatch.setattr("engine.evaluation.run.evaluate", evaluate)
    command = "evaluate restore --data results --pack mine --device cpu --count 3 -o sheets"
    assert main([*command.split(), "--json"]) == 0
    assert calls == [
        (
            ("restore", Path("results"), "mine"),
            {"count": 3, "out": Path("sheets"), "device": "cpu"},
        )
    ]
    out = capsys.readouterr().out
    assert json.loads(out) == {"photos": 3, "psnr": 0.5, "rest": {"worst": None}}
    assert main(["evaluate", "swap", "--data", "results"]) == 0
    assert calls[1][1] == {"count": None, "out": None, "device": None}
    assert capsys.readouterr().out.splitlines() == [
        "photos  3", "psnr    0.5", "rest", "  worst  inf",
    ]  # fmt: skip


def test_bench(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys
    from types import SimpleNamespace

    fake = SimpleNamespace(
        bench=lambda pack, device=None: {"pack": pack, "device": device},
        format_table=lambda figures: f"a table of {figures['pack']}",
    )
    monkeypatch.setitem(sys.modules, "engine.evaluation.bench", fake)
    assert main(["bench", "--json", "--pack", "mine", "--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out) == {"pack": "mine", "device": "cpu"}
    assert main(["bench", "--pack", "mine"]) == 0
    assert capsys.readouterr().out == "a table of mine\n"


def test_doctor_names_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hs_desktop.commands import machine

    libraries = {"numpy": "numpy", "pillow": "no_such_module", "no-such-library": "x"}
    monkeypatch.setattr(machine, "LIBRARIES", libraries)
    assert main(["doctor", "--json", "--pack", "nowhere", "--device", "warp9"]) == 1
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    report = json.loads(out)
    assert report["versions"]["numpy"] == np.__version__
    assert report["versions"]["no-such-library"] is None
    for part in ("pillow", "no-such-library", "nowhere", "warp9"):
        assert sum(part in sentence for sentence in report["missing"]) == 1
    assert main(["doctor", "--pack", "nowhere"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"cores +\d+", out)
    assert "nowhere" in out


def test_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import struct

    def catalogue(pairs: dict[str, str]) -> bytes:
        """A .mo file."""
        texts = [(a.encode(), b.encode()) for a, b in sorted(pairs.items())]
        at = 28 + 16 * len(texts)
        tables: list[bytes] = []
        data = b""
        for column in (0, 1):
            for text in texts:
                tables.append(struct.pack("<II", len(text[column]), at + len(data)))
                data += text[column] + b"\0"
        head = struct.pack("<7I", 0x950412DE, 0, len(texts), 28, 28 + 8 * len(texts), 0, 0)
        return head + b"".join(tables) + data

    folder = tmp_path / "ko" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = "Content-Type: text/plain; charset=UTF-8\n"
    (folder / "hs_desktop.mo").write_bytes(catalogue({"": header, "Stopped.": "중지됨."}))
    monkeypatch.setattr(i18n, "resource_path", lambda name: tmp_path)
    i18n.install(["ko"])
    try:
        assert (i18n._("Stopped."), i18n._("done"), i18n._("")) == ("중지됨.", "done", "")
    finally:
        i18n.install(["en"])
    assert i18n._("Stopped.") == "Stopped."

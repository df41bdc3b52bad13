"""Options of the command line, and the requests they become."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import imageio
from engine.fileoptions import FileOptions
from engine.requests import (
    REPLACE_HEAD_SAMPLING,
    HeadTransform,
    ParseRequest,
    ReplaceHeadRequest,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)
from hs_desktop import PROGRAM
from hs_desktop.cli import main
from hs_desktop.commands.options import PRECISIONS
from hs_desktop.settings import SAMPLING
from tests.hs_desktop.commands.fake_runner import HEIGHT, WIDTH, FakeRunner
from tests.hs_desktop.commands.telling import REPLACE, RETOUCH, SWAP


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
    assert runner.opened == [(None, None, None)] * 5


@pytest.mark.parametrize("command", [SWAP, REPLACE, RETOUCH])
def test_help_tells_the_defaults_of_the_requests(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command.split()[0], "--help"])
    said = dict(re.findall(r"^  --(\w+)(?:(?!\n  --).)*?\(default:\s+([\d.]+)\)",
                           capsys.readouterr().out, re.MULTILINE | re.DOTALL))  # fmt: skip
    default = REPLACE_HEAD_SAMPLING if command == REPLACE else SamplingSettings()
    told = {name: f"{value:g}" for name, value in vars(default).items()}
    assert said == {**told, "quality": str(FileOptions().quality)}


def test_every_setting_of_a_swap_has_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["swap", "--help"])
    told = re.findall(r"--[a-z-]+", capsys.readouterr().out)
    assert {row.option for row in SAMPLING} <= set(told)


def test_precisions_are_those_of_the_devices() -> None:
    from engine import devices

    assert tuple(devices.PRECISIONS) == PRECISIONS


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
        (f"{SWAP} --guidance 0 --strength 0.01",
         {"sampling": SamplingSettings(0, 0, strength=0.01)}),
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
        (f"{SWAP} --no-complete", {"complete": False, "match_grain": True}),
        (f"{SWAP} --complete", {"complete": True}),
        (f"{REPLACE} --no-complete", {"complete": False, "match_grain": True}),
        (f"{REPLACE} --no-match-grain --no-match-skin",
         {"match_grain": False, "match_skin": False}),
        (f"{SWAP} --head-skin 40", {"head_skin": 0.4, "body_skin": 0.0, "match_light": 0.0}),
        (f"{SWAP} --head-skin 0 --body-skin 100 --match-light=62.5",
         {"head_skin": 0.0, "body_skin": 1.0, "match_light": 0.625}),
        (f"{RETOUCH} --no-match-skin", {"match_grain": True, "match_skin": False}),
        (f"{RETOUCH} --no-complete", {"complete": False, "match_grain": True}),
        (f"{REPLACE} --seed 3 --at 5,6 --no-keep-background --variations 2 --feather 3 --steps 4",
         {"sampling": replace(REPLACE_HEAD_SAMPLING, seed=3, steps=4), "at": (5.0, 6.0),
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


def test_what_is_computed_on_reaches_the_engine(runner: FakeRunner, folder: Path) -> None:
    wanted = ["--pack", "mine", "--device", "cuda:1", "--precision", "fp32"]
    for command in (SWAP, REPLACE, RETOUCH, "layout head.png body.png -o l.png",
                    "parse body.png -o p.png"):  # fmt: skip
        assert main([*command.split(), *wanted]) == 0
    assert runner.opened == [("mine", "cuda:1", "fp32")] * 5


@pytest.mark.parametrize("command", [SWAP, REPLACE, RETOUCH])
def test_how_the_file_is_written(runner: FakeRunner, folder: Path, command: str) -> None:
    command = command.replace("out.png", "{out}")
    for out, option, depth in (
        ("deep.png", "--bits 16", 16), ("plain.tif", "--bits 8", 8), ("plain.png", "", 8),
        ("fine.jpg", "--quality 100", 8), ("coarse.jpg", "--quality 5", 8),
        ("whole.webp", "--lossless --quality 20", 8),
    ):  # fmt: skip
        assert main(shlex.split(f"{command.format(out=out)} {option}")) == 0
        assert imageio.read_photo(out).bit_depth == depth
    assert Path("coarse.jpg").stat().st_size < Path("fine.jpg").stat().st_size
    np.testing.assert_array_equal(
        imageio.read_photo("whole.webp").pixels, imageio.read_photo("plain.png").pixels
    )


@pytest.mark.parametrize(
    ("out", "option", "words"),
    [
        ("out.jpg", "--bits 16", ["--bits", ".png", ".tif", "out.jpg"]),
        ("out.png", "--quality 80", ["--quality", ".jpg", ".webp", "out.png"]),
        ("out.jpg", "--lossless", ["--lossless", ".webp", "out.jpg"]),
        ("out.png", "--bits 12", ["12"]),
        ("out.jpg", "--quality 101", ["101", "1 to 100"]),
    ],
)
def test_what_a_format_does_not_leave_open(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str],
    out: str, option: str, words: list[str],
) -> None:  # fmt: skip
    assert main(shlex.split(f"{SWAP.replace('out.png', out)} {option}")) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert all(word in error for word in words)
    assert not runner.requests

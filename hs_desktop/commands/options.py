"""Options that several commands share: how they are read and what they may be."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from engine.errors import EngineError
from engine.fileoptions import AS_USUAL, DEPTHS, LOSSLESS, QUALITIES, FileOptions
from engine.requests import MAX_GUIDANCE, MAX_SEED, MAX_STEPS, SamplingSettings, SwapRequest
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.engine import Engine

MAX_VARIATIONS = 1000
PRECISIONS = ("bf16", "fp16", "fp32")  # as engine.devices

Subparsers = Any  # argparse's own type of it is private


class UsageError(EngineError):
    """The command line, or a line of a batch, can't be understood."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, as an exception."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            _("{message} (see '{program} --help').").format(
                message=message[:1].upper() + message[1:].rstrip("."), program=self.prog
            )
        )


def join_negative_values(argv: Sequence[str]) -> list[str]:
    """``--shift -3,4`` as ``--shift=-3,4``: argparse takes ``-3,4`` for an option's name."""
    joined: list[str] = []
    for arg in argv:
        is_value = re.match(r"-\.?\d", arg)
        if is_value and joined and re.fullmatch(r"--[a-z][a-z-]*", joined[-1]):
            joined[-1] += "=" + arg
        else:
            joined.append(arg)
    return joined


# --- values ------------------------------------------------------------------------------------


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(_('"{text}" is not a number').format(text=text))
    return value


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number from ``lowest`` to ``highest``."""

    def convert(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,30}", text.strip()):
            raise argparse.ArgumentTypeError(_('"{text}" is not a whole number').format(text=text))
        value = int(text)
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(
                _("{value} is not in the range {lowest} to {highest}").format(
                    value=value, lowest=lowest, highest=highest
                )
            )
        return value

    return convert


def number(text: str) -> float:
    """Any finite number."""
    return _number(text)


def positive(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(_("{text} is not above 0").format(text=text))
    return value


def not_negative(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(_("{text} is below 0").format(text=text))
    return value


def guidance(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= MAX_GUIDANCE:
        raise argparse.ArgumentTypeError(
            _("{text} is not in the range 0 to {highest:g}").format(text=text, highest=MAX_GUIDANCE)
        )
    return value


def strength(text: str) -> float:
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(_("{text} is not above 0 and at most 1").format(text=text))
    return value


def percent(text: str) -> float:
    """0 to 100, as a share of 1."""
    value = _number(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(
            _("{text} is not in the range 0 to {highest:g}").format(text=text, highest=100)
        )
    return value / 100


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(_number(part) for part in text.split(","))
    except argparse.ArgumentTypeError:
        return ()


def pair(text: str) -> tuple[float, ...]:
    """``X,Y``."""
    values = _numbers(text)
    if len(values) != 2:
        raise argparse.ArgumentTypeError(
            _('"{text}" is not of the form X,Y, for instance 120,80').format(text=text)
        )
    return values


def place(text: str) -> tuple[float, ...]:
    """A point ``X,Y`` or a box ``X0,Y0,X1,Y1``."""
    values = _numbers(text)
    if len(values) == 2 or (len(values) == 4 and values[0] < values[2] and values[1] < values[3]):
        return values
    raise argparse.ArgumentTypeError(
        _('"{text}" is neither a point X,Y nor a box X0,Y0,X1,Y1').format(text=text)
    )


def path(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(_("an empty name is no file"))
    return Path(text)


# --- groups of options -------------------------------------------------------------------------


def add_models(parser: argparse.ArgumentParser, *, json: bool = True) -> None:
    """``--pack``, ``--device``, ``--precision`` and, mostly, ``--json``."""
    parser.add_argument(
        "--pack", metavar=_("NAME|DIR"), help=_("model pack: the name of one, or its folder")
    )
    parser.add_argument(
        "--device", metavar="D", help=_("for instance cpu, cuda, cuda:1, mps; the best without it")
    )
    parser.add_argument(
        "--precision", choices=PRECISIONS,
        help=_("what the models compute in (default: what is fast on the device)"),
    )  # fmt: skip
    if json:
        add_json(parser)


def engine_of(args: argparse.Namespace) -> Engine:
    """What ``add_models`` has asked for; nothing is loaded yet."""
    from engine import engine

    return engine.open_engine(args.pack, args.device, precision=args.precision)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help=_("report for programs on standard output")
    )


def add_out(parser: argparse.ArgumentParser, metavar: str, text: str) -> None:
    parser.add_argument("-o", "--out", type=path, required=True, metavar=metavar, help=text)


def add_sampling(parser: argparse.ArgumentParser, default: SamplingSettings) -> None:
    """Seed, guidance, steps, strength and variations; what isn't given stays ``None``."""
    group = parser.add_argument_group(_("sampling"))
    group.add_argument(
        "--seed", type=whole(0, MAX_SEED), metavar="N",
        help=_("the same seed gives the same picture (default: {value})").format(
            value=default.seed
        ),
    )  # fmt: skip
    group.add_argument(
        "--guidance", type=guidance, metavar="G",
        help=_("how strictly the picture follows the layout, 1 = no guidance "
               "(default: {value:g})").format(value=default.guidance),
    )  # fmt: skip
    group.add_argument(
        "--steps", type=whole(1, MAX_STEPS), metavar="N",
        help=_("denoising steps: more take longer (default: {value})").format(value=default.steps),
    )  # fmt: skip
    group.add_argument(
        "--strength", type=strength, metavar="T0",
        help=_("where sampling starts: low stays close to the safe estimate, 1 starts from pure "
               "noise (default: {value:g})").format(value=default.strength),
    )  # fmt: skip
    group.add_argument(
        "--variations", type=whole(1, MAX_VARIATIONS), metavar="N",
        default=SwapRequest.variations,
        help=_("several results, with consecutive seeds, as OUT-1, OUT-2 and so on"),
    )  # fmt: skip


def add_keep_background(parser: Any) -> None:
    parser.add_argument(
        "--keep-background", action=argparse.BooleanOptionalAction,
        default=SwapRequest.keep_background,
        help=_("keep the background round the head, or make it anew as the paper does"),
    )  # fmt: skip


def add_matching(parser: argparse.ArgumentParser) -> None:
    """What is taken from the photo itself, and how what is generated is fitted to it."""
    group = parser.add_argument_group(_("fitting"))
    group.add_argument(
        "--complete", action=argparse.BooleanOptionalAction, default=SwapRequest.complete,
        help=_("complete uncovered background and clothes from the photo's own, or have the model "
               "make them up"),
    )  # fmt: skip
    group.add_argument(
        "--match-grain", action=argparse.BooleanOptionalAction, default=SwapRequest.match_grain,
        help=_("give what is made anew the photo's grain"),
    )  # fmt: skip
    group.add_argument(
        "--match-skin", action=argparse.BooleanOptionalAction, default=SwapRequest.match_skin,
        help=_("bring new skin in line with the body's own"),
    )  # fmt: skip


def add_tones(parser: argparse.ArgumentParser) -> None:
    """How far head and body are brought together in tone; what isn't asked for stays 0."""
    group = parser.add_argument_group(
        _("skin and light"), _("P says how far, in percent: 0 (the default) to 100.")
    )
    group.add_argument(
        "--head-skin", type=percent, metavar="P", default=SwapRequest.head_skin,
        help=_("bring the head's skin to the tone of the body's"),
    )  # fmt: skip
    group.add_argument(
        "--body-skin", type=percent, metavar="P", default=SwapRequest.body_skin,
        help=_("bring the body's skin, hands and chest too, to the tone of the head's"),
    )  # fmt: skip
    group.add_argument(
        "--match-light", type=percent, metavar="P", default=SwapRequest.match_light,
        help=_("bring the head's exposure and white balance to those of the body photo"),
    )  # fmt: skip


def add_provenance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--provenance", action=argparse.BooleanOptionalAction, default=True,
        help=_("say in the file (IPTC, XMP) that a part of the picture was made by a trained "
               "model, and how"),
    )  # fmt: skip


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """How the picture is written, where its format leaves a choice."""
    group = parser.add_argument_group(_("the file"))
    group.add_argument(
        "--quality", type=whole(1, 100), metavar="Q",
        help=_("of jpg and webp (default: {value})").format(value=AS_USUAL.quality),
    )  # fmt: skip
    group.add_argument("--lossless", action="store_true", help=_("webp without any loss"))
    group.add_argument(
        "--bits", type=int, choices=(8, 16),
        help=_("of png and tif, a channel (default: as the photo)"),
    )  # fmt: skip


def file_options(args: argparse.Namespace) -> FileOptions:
    """What ``add_file_options`` has asked for.

    Raises:
        UsageError: the format of ``args.out`` leaves no such choice.
    """
    for name, suffixes in (("quality", QUALITIES), ("lossless", LOSSLESS), ("bits", DEPTHS)):
        if getattr(args, name) and args.out.suffix.lower() not in suffixes:
            raise UsageError(
                _('--{option} goes with {known} only, not with "{path}".').format(
                    option=name, known=_(" or ").join(suffixes), path=args.out
                )
            )
    quality = AS_USUAL.quality if args.quality is None else args.quality
    return FileOptions(quality, args.lossless, args.bits)


def add_placement(parser: argparse.ArgumentParser) -> None:
    """Whose head, and how it is moved."""
    group = parser.add_argument_group(_("people and placement"))
    spot = _("X,Y")
    group.add_argument(
        "--head-at", type=place, metavar=spot,
        help=_("a point on the head to take, in a photo of several people"),
    )  # fmt: skip
    group.add_argument(
        "--body-at", type=place, metavar=spot, help=_("a point on the head to replace")
    )
    group.add_argument(
        "--shift", type=pair, metavar="DX,DY",
        help=_("move the head from where the neck alignment puts it, in pixels of the body photo"),
    )  # fmt: skip
    group.add_argument("--scale", type=positive, metavar="S", help=_("resize the head"))
    group.add_argument(
        "--rotate", type=number, metavar="DEG", help=_("turn the head, positive is clockwise")
    )
    group.add_argument("--flip", action="store_true", help=_("mirror the head left to right"))
    add_keep_background(group)


def add_region(parser: argparse.ArgumentParser, *, given: Sequence[str] = ()) -> None:
    """Feather, the layout and the region; ``given`` names those that may be given too."""
    group = parser.add_argument_group(_("layout and region"))
    if "layout" in given:
        group.add_argument(
            "--layout", type=path, metavar="L.png", help=_("use this layout, not the computed one")
        )
    if "region" in given:
        group.add_argument(
            "--region", type=path, metavar="R.png", help=_("make this region anew (white)")
        )
    if "head-layout" in given:
        group.add_argument(
            "--head-layout", type=path, metavar="L.png",
            help=_("use this layout of HEAD, not what the parser says"),
        )  # fmt: skip
    if "body-layout" in given:
        group.add_argument(
            "--body-layout", type=path, metavar="L.png",
            help=_("use this layout of BODY, not what the parser says"),
        )  # fmt: skip
    if "head-mask" in given:
        group.add_argument(
            "--head-mask", type=path, metavar="M.png",
            help=_("take this part of HEAD (white), of its size"),
        )  # fmt: skip
    group.add_argument(
        "--feather", type=not_negative, metavar="PX",
        help=_("width of the region's soft rim (default: chosen from the picture)"),
    )  # fmt: skip
    group.add_argument(
        "--layout-out", type=path, metavar="L.png", help=_("write the layout that was used")
    )
    group.add_argument(
        "--region-out", type=path, metavar="R.png", help=_("write the region that was made anew")
    )

"""prepare, train, average, evaluate, pack: making models, and measuring them."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError, OutputFileError, RequestError
from engine.packs import DEFAULT_PACK
from hs_desktop.commands import options
from hs_desktop.commands.outputs import make_folder
from hs_desktop.commands.terminal import ProgressLine, print_json, say
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.training.prepare import Parse

# Minutes on two CPU cores that ``train`` takes if nothing is said.
MINUTES: Mapping[str, float] = {
    "finder": 30,
    "parser": 90,
    "autoencoder": 40,
    "decoder": 15,
    "layout": 30,
    "sgldm": 180,
}
PARTS = ("finder", "parser", "autoencoder", "layout", "restore", "swap")  # measured for a pack
EVALUATIONS = (*PARTS, "matting", "seams", "sharpness", "control", "ablation")


def add_parsers(subparsers: options.Subparsers) -> None:
    prepare = subparsers.add_parser(
        "prepare",
        help=_("make training data from a dataset"),
        description=_(
            "Make canonical frames and layouts from DATASET, a folder in the manner of Clothing "
            "Co-Parsing. What is there already isn't made again."
        ),
    )
    prepare.add_argument(
        "dataset", type=options.path, metavar=_("DATASET"),
        help=_("folder with photos/, labels/ and landmarks.npz"),
    )  # fmt: skip
    options.add_out(prepare, _("DIR"), _("folder for the training data"))
    prepare.add_argument(
        "--pack", metavar=_("NAME|DIR"),
        help=_("parse photos without labels with the parser of this pack, or training run"),
    )  # fmt: skip
    prepare.set_defaults(run=run_prepare)

    train = subparsers.add_parser(
        "train",
        help=_("train a model"),
        description=_(
            "Train a model on prepared data. Checkpoints are written on the way, so that "
            "--resume goes on after a stop; several GPUs: start it with accelerate launch."
        ),
    )
    train.add_argument("model", choices=tuple(MINUTES), help=_("what to train"))
    train.add_argument(
        "--data", type=options.path, required=True, metavar=_("DIR"), help=_("prepared data")
    )
    train.add_argument(
        "--runs", type=options.path, default=Path("runs"), metavar=_("DIR"),
        help=_("folder for models, checkpoints and logs (default: runs)"),
    )  # fmt: skip
    budget = train.add_mutually_exclusive_group()
    minutes = ", ".join(f"{name} {value:g}" for name, value in MINUTES.items())
    budget.add_argument(
        "--minutes", type=options.positive, metavar="M",
        help=_("time in all, resumed time included (default: {minutes})").format(minutes=minutes),
    )  # fmt: skip
    budget.add_argument(
        "--steps", type=options.whole(1, 10**9), metavar="N", help=_("steps in all, instead")
    )
    train.add_argument("--resume", action="store_true", help=_("go on from the last checkpoint"))
    train.add_argument(
        "--from", dest="start", metavar=_("NAME|DIR"),
        help=_("begin with the models of this pack"),
    )  # fmt: skip
    train.add_argument(
        "--closing", action="store_true",
        help=_("smaller steps and milder augmentation, for the last minutes of a model"),
    )  # fmt: skip
    train.add_argument(
        "--seed", type=options.whole(0, 2**31), default=0, metavar="N",
        help=_("of weights and data (default: 0)"),
    )  # fmt: skip
    train.add_argument(
        "--compile", action="store_true", help=_("faster steps after a minute or two of compiling")
    )
    train.set_defaults(run=run_train)

    average = subparsers.add_parser(
        "average",
        help=_("make one model of several"),
        description=_(
            "Average the weights of models that were trained on from the same start: the mean "
            "often errs less than any of them. A training can go on from it."
        ),
    )
    average.add_argument(
        "sources", type=options.path, nargs="+", metavar=_("RUN"),
        help=_("folder of a training run, for instance runs/parser; two or more"),
    )  # fmt: skip
    options.add_out(average, _("RUN"), _("folder of the training run that gets the mean"))
    average.set_defaults(run=run_average)

    evaluate = subparsers.add_parser(
        "evaluate",
        help=_("measure a model on photos that training never saw"),
        description=_("Measure a part of a model pack on the validation photos of prepared data."),
    )
    evaluate.add_argument("model", choices=EVALUATIONS, help=_("what to measure"))
    evaluate.add_argument(
        "--data", type=options.path, required=True, metavar=_("DIR"), help=_("prepared data")
    )
    evaluate.add_argument(
        "--count", type=options.whole(1, 10**6), metavar="N", help=_("how many photos or pairs")
    )
    evaluate.add_argument(
        "-o", "--out", type=options.path, metavar=_("DIR"), help=_("folder for pictures to look at")
    )
    evaluate.add_argument(
        "--papers-way", action="store_true",
        help=_("compare swaps with the paper's sampling, too: 200 steps from pure noise"),
    )  # fmt: skip
    options.add_models(evaluate)
    evaluate.set_defaults(run=run_evaluate)

    pack = subparsers.add_parser(
        "pack",
        help=_("put trained models together as a pack"),
        description=_(
            "Put the models of training runs together as a model pack, with checksums, model card "
            "and, with --data, the figures that evaluate measures."
        ),
    )
    pack.add_argument(
        "--runs", type=options.path, default=Path("runs"), metavar=_("DIR"),
        help=_("folder of the training runs (default: runs)"),
    )  # fmt: skip
    pack.add_argument(
        "--data", type=options.path, metavar=_("DIR"), help=_("prepared data to measure on")
    )
    pack.add_argument(
        "--count", type=options.whole(1, 10**6), metavar="N", help=_("how many photos or pairs")
    )
    pack.add_argument(
        "--remark", default="", metavar=_("TEXT"),
        help=_("a sentence for the model card: what the commands alone don't tell"),
    )  # fmt: skip
    pack.add_argument("--name", help=_("the pack's name (default: compact-256, or the base's)"))
    pack.add_argument(
        "--pack-version", metavar="V",
        help=_("the pack's version (default: 1.0, or the base's with the model)"),
    )  # fmt: skip
    pack.add_argument(
        "--base", metavar=_("NAME|DIR"),
        help=_("instead: copy this pack, with one of its models replaced"),
    )  # fmt: skip
    pack.add_argument(
        "--model", type=options.path, metavar=_("PATH"),
        help=_("with --base: the model, as its folder, weights, checkpoint or training run"),
    )  # fmt: skip
    options.add_out(pack, _("DIR"), _("folder of the pack"))
    pack.set_defaults(run=run_pack)


def run_prepare(args: argparse.Namespace) -> int:
    _check_folder(args.dataset)
    make_folder(args.out)
    from engine.training.prepare import prepare

    parse = None if args.pack is None else _parser_of(args.pack)
    start = time.monotonic()
    done = total = 0
    with ProgressLine() as line:
        for done, total in prepare(args.dataset, args.out, parse=parse):
            spent = time.monotonic() - start
            left = spent / done * (total - done)
            text = _("{done} of {total} photos").format(done=done, total=total)
            line.show(done / total, text, left if spent > 1 else None)
    say(_('{total} photos are prepared in "{path}".').format(total=total, path=args.out))
    return 0


def _parser_of(pack: str) -> Parse:
    """The parser of a pack, or of a training run that is no pack yet: frame -> layout."""
    from engine.evaluation.parser import parse_frames
    from engine.packs import find_pack
    from engine.parsing.model import Parser

    folder = Path(pack)
    if not (folder / "parser" / "config.json").is_file():
        folder = find_pack(pack)
    parser: Any = Parser.from_pretrained(folder / "parser", use_safetensors=True).eval()

    def parse(frame: Any) -> Any:
        return parse_frames(parser, frame[None])[0]

    return parse


def run_train(args: argparse.Namespace) -> int:
    _check_folder(args.data)
    make_folder(args.runs)
    from engine.packs import find_pack
    from engine.training.loop import Budget
    from engine.training.run import run

    minutes = args.minutes
    if minutes is None and args.steps is None:
        minutes = MINUTES[args.model]
    try:
        figures = run(
            args.model, args.data, args.runs, Budget(minutes, args.steps), resume=args.resume,
            seed=args.seed, compile_models=args.compile,
            start=None if args.start is None else find_pack(args.start), closing=args.closing,
        )  # fmt: skip
    except KeyboardInterrupt:
        say(_("Training was stopped; --resume goes on from the last checkpoint."))
        return 130
    _print_figures(figures, print)
    return 0


def run_average(args: argparse.Namespace) -> int:
    if len(args.sources) < 2:
        raise RequestError(_("An average needs two models or more."), subject="RUN")
    for source in args.sources:
        _check_folder(source)
    make_folder(args.out)
    from engine.training.averaging import average

    name = average(args.sources, args.out)
    say(
        _('The mean of {count} models ({name}) is in "{path}".').format(
            count=len(args.sources), name=name, path=args.out
        )
    )
    return 0


def run_evaluate(args: argparse.Namespace) -> int:
    _check_folder(args.data)
    if args.out is not None:
        make_folder(args.out)
    from engine.evaluation.run import evaluate

    figures = evaluate(
        args.model, args.data, args.pack, count=args.count, out=args.out, device=args.device,
        papers_way=args.papers_way,
    )  # fmt: skip
    if args.json:
        print_json(figures)
    else:
        _print_figures(figures, print)
    return 0


def run_pack(args: argparse.Namespace) -> int:
    if (args.base is None) != (args.model is None):
        raise RequestError(_("--base and --model go together."), subject="--base")
    if args.base is not None:
        return _replace_model(args)
    _check_folder(args.runs)
    if args.data is not None:
        _check_folder(args.data)
    make_folder(args.out)
    from engine.evaluation.run import evaluate
    from engine.training.pack import assemble

    def write(figures: Mapping[str, object]) -> None:
        assemble(
            args.runs, args.out, name=args.name or DEFAULT_PACK,
            version=args.pack_version or "1.0", figures=figures, remark=args.remark,
        )  # fmt: skip

    figures: dict[str, object] = {}
    write(figures)
    for part in PARTS if args.data is not None else ():
        figures[part] = evaluate(part, args.data, args.out, count=args.count)
        say(_("{part} is measured.").format(part=part))
        write(figures)
    say(_('The pack is in "{path}".').format(path=args.out))
    return 0


def _replace_model(args: argparse.Namespace) -> int:
    from engine.checkpoints import as_model
    from engine.packs import find_pack
    from engine.training.replacing import replace_model

    if args.data is not None or args.remark:
        raise RequestError(_("--data and --remark don't go with --base."), subject="--base")
    base = find_pack(args.base)
    make_folder(args.out)
    if any(args.out.iterdir()):
        raise OutputFileError(
            _('The folder "{path}" is not empty.').format(path=args.out), subject=args.out
        )
    with as_model(args.model) as model:
        made = replace_model(base, model, args.out, name=args.name, version=args.pack_version)
    say(
        _('The pack {name} {version} is in "{path}".').format(
            name=made.name, version=made.version, path=args.out
        )
    )
    return 0


def _check_folder(path: Path) -> None:
    if not os.path.isdir(path):
        raise InputFileError(_('There is no folder "{path}".').format(path=path), subject=path)


def _print_figures(
    figures: Mapping[str, object], write: Callable[[str], None], indent: str = ""
) -> None:
    """A table of names and figures; what lies deeper is indented."""
    width = max((len(name) for name in figures), default=0)
    for name, value in figures.items():
        if isinstance(value, Mapping):
            write(f"{indent}{name}")
            _print_figures(value, write, indent + "  ")
        elif isinstance(value, float):
            write(f"{indent}{name:{width}}  {value:.4g}")
        else:
            write(f"{indent}{name:{width}}  {value}")

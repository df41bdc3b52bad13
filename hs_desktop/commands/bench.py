"""bench: how fast this machine swaps heads, and how the editor feels on it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from hs_desktop.commands import options
from hs_desktop.commands.options import UsageError
from hs_desktop.commands.terminal import ProgressLine, plain, print_json, say
from hs_desktop.i18n import _

_STDOUT = "-"


def add_parsers(subparsers: options.Subparsers) -> None:
    bench = subparsers.add_parser(
        "bench",
        help=_("measure speed"),
        description=_(
            "Measure how fast this machine swaps heads; with --gui, how the editor feels on it: "
            "starting, responsiveness, brush, zoom, live mode, memory."
        ),
    )
    options.add_models(bench, json=False)
    bench.add_argument(
        "--json", nargs="?", const=_STDOUT, type=options.path, metavar=_("FILE"),
        help=_("report for programs, in a file or else on standard output"),
    )  # fmt: skip
    gui = bench.add_argument_group(_("the editor"))
    gui.add_argument(
        "--gui", action="store_true",
        help=_("measure the editor in its window, on this display or else on an Xvfb"),
    )  # fmt: skip
    gui.add_argument(
        "--swaps", type=options.whole(0, 10**6), metavar="N",
        help=_("also make N swaps in a row, and see whether memory grows (default: 0)"),
    )  # fmt: skip
    gui.add_argument(
        "--napari", metavar=_("PYTHON"),
        help=_("compare the brush with napari's, in this Python; by default in our own, if it "
               "has napari"),
    )  # fmt: skip
    bench.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> int:
    """Exit code 0 if all could be measured, else 1."""
    if args.gui:
        return _run_gui(args)
    for option in ("swaps", "napari"):
        if getattr(args, option) is not None:
            raise UsageError(_("--{option} belongs to --gui.").format(option=option))
    from engine.evaluation.bench import bench, format_table

    figures = bench(args.pack, args.device, args.precision)
    _tell(figures, format_table(figures), args.json)
    return 0


def _run_gui(args: argparse.Namespace) -> int:
    from hs_desktop.benchmarks.bars import format_report
    from hs_desktop.benchmarks.run import Bench

    bench = Bench(args.pack, args.device, args.swaps or 0, args.napari, precision=args.precision)
    with ProgressLine() as line:
        report = bench.run(line.show)
    _tell(report, format_report(report), args.json)
    for what, reason in report["failed"].items():
        say(_("{what}: couldn't be measured ({reason}).").format(what=what, reason=reason))
    return 1 if report["failed"] else 0


def _tell(report: dict[str, Any], table: str, json_file: Path | None) -> None:
    """A table on standard output, a report in a file; without a file, the report only."""
    if json_file is not None and str(json_file) == _STDOUT:
        print_json(report)
        return
    print(table, flush=True)
    if json_file is not None:
        from engine.writing import atomic_write

        with atomic_write(json_file) as file:
            file.write(json.dumps(plain(report), indent=1).encode())

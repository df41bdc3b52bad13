"""render and export: pictures from projects that were saved by the editor."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.requests import MAX_SEED
from hs_desktop.commands import options
from hs_desktop.commands.outputs import check_outputs, variation_paths
from hs_desktop.commands.tasks import fit_report, rounded
from hs_desktop.commands.terminal import ProgressLine, print_json, say_notes
from hs_desktop.filetypes import FLAT, LAYERED
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.requests import Result, SwapRequest
    from hs_desktop.document.document import Document
    from hs_desktop.document.state import ProjectState


def add_parsers(subparsers: options.Subparsers) -> None:
    formats = _("png, jpg, tif or webp, or in layers ora or psd")
    render = subparsers.add_parser(
        "render",
        help=_("make a project's result anew"),
        description=_("Do the swap of a project, with all that was painted and set in it."),
    )
    _add_project(render)
    options.add_out(render, _("OUT"), formats)
    render.add_argument(
        "--seed", type=options.whole(0, MAX_SEED), metavar="N",
        help=_("another seed than the project's"),
    )  # fmt: skip
    options.add_provenance(render)
    options.add_file_options(render)
    options.add_models(render)
    render.set_defaults(run=run_render)

    export = subparsers.add_parser(
        "export",
        help=_("write a project's picture"),
        description=_("Write what a project shows, without making anything anew."),
    )
    _add_project(export)
    options.add_out(export, _("OUT"), formats)
    options.add_provenance(export)
    options.add_file_options(export)
    export.set_defaults(run=run_export)


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "project", type=options.path, metavar="PROJECT.hsd", help=_("a project of the editor")
    )


def run_export(args: argparse.Namespace) -> int:
    from hs_desktop.document.export import export
    from hs_desktop.document.hsd import read_project

    _check([args.out], args.project)
    wanted = options.file_options(args)
    state = read_project(args.project)
    export(state, args.out, provenance=args.provenance, options=wanted)
    return 0


def run_render(args: argparse.Namespace) -> int:
    """As the editor does it: swap, and export what is to be seen then."""
    from hs_desktop.commands.pictures import ask
    from hs_desktop.document import commands, hsd
    from hs_desktop.document.export import export

    _check([args.out], args.project)
    write = partial(export, provenance=args.provenance, options=options.file_options(args))
    document = hsd.load(args.project)
    if args.seed is not None:
        document.do(commands.set_settings(seed=args.seed))
    request = document.swap_request()
    layered = args.out.suffix.lower() in LAYERED
    outs = (args.out,) if layered else variation_paths(args.out, request.variations)
    _check(outs, args.project)
    with ProgressLine() as line, options.engine_of(args) as engine:
        results = ask(engine, request, line)
    _write(document, request, results, outs, write)
    if args.json:
        print_json(_report(results, outs))
    else:
        say_notes(note for result in results for note in result.notes)
    return 0


def _check(outs: Sequence[Path], project: Path) -> None:
    check_outputs(outs, (), (project,), (*FLAT, *LAYERED))


def _write(
    document: Document,
    request: SwapRequest,
    results: Sequence[Result],
    outs: Sequence[Path],
    write: Callable[[ProjectState, Path], None],
) -> None:
    """Put the results into the document and export each, or all of them in layers."""
    from hs_desktop.document import commands
    from hs_desktop.made import ResultLayers
    from hs_desktop.results import add_results

    made = ResultLayers.of(request, results)
    budget = sum(layer.nbytes for layer in (*made.variations, *document.result))
    add_results(document, _("Swap"), made, budget)
    for variation, out in zip(made.variations, outs, strict=False):
        document.do(commands.apply_variation(variation.id))
        write(document.state, out)


def _report(results: Sequence[Result], outs: Sequence[Path]) -> dict[str, Any]:
    first = results[0]
    return {
        "command": "render",
        "outputs": [str(out) for out in outs],
        "seeds": [result.seed for result in results],
        "milliseconds": rounded(first.milliseconds),
        "pack": first.pack,
        "device": first.device,
        "notes": list(dict.fromkeys(note for result in results for note in result.notes)),
        **fit_report(first),
    }

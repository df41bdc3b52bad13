"""swap, layout, retouch, replace-head and parse."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputFileError, OutputFileError, RequestError
from engine.requests import REPLACE_HEAD_SAMPLING, Request, Result, SamplingSettings
from hs_desktop.commands import options
from hs_desktop.commands.outputs import make_folder
from hs_desktop.commands.tasks import Task, parse_task, task_of
from hs_desktop.commands.terminal import ProgressLine, print_json, say_notes
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.engine import Engine


def add_parsers(subparsers: options.Subparsers) -> None:
    swap = subparsers.add_parser(
        "swap",
        help=_("put the head of one photo on the body of another"),
        description=_("Put the head of the photo HEAD on the body of the photo BODY."),
    )
    _add_two_photos(swap)
    options.add_out(swap, _("OUT"), _("the result: png, jpg, tif or webp"))
    options.add_sampling(swap, SamplingSettings())
    options.add_placement(swap)
    options.add_matching(swap)
    options.add_tones(swap)
    options.add_region(swap, given=("layout", "region", "head-layout", "body-layout", "head-mask"))
    options.add_provenance(swap)
    options.add_file_options(swap)
    options.add_models(swap)

    replace = subparsers.add_parser(
        "replace-head",
        help=_("put a made-up head on a body"),
        description=_("Put a made-up head on the body in IMAGE, another one for each seed."),
    )
    _add_photo(replace)
    options.add_out(replace, _("OUT"), _("the result: png, jpg, tif or webp"))
    options.add_sampling(replace, REPLACE_HEAD_SAMPLING)
    replace.add_argument(
        "--at", type=options.place, metavar=_("X,Y"), help=_("a point on the head to replace")
    )
    options.add_keep_background(replace)
    options.add_matching(replace)
    options.add_region(replace)
    options.add_provenance(replace)
    options.add_file_options(replace)
    options.add_models(replace)

    retouch = subparsers.add_parser(
        "retouch",
        help=_("make a painted region of a photo anew"),
        description=_("Make the white part of the mask in IMAGE anew, under the layout."),
    )
    _add_photo(retouch)
    retouch.add_argument(
        "--mask", type=options.path, required=True, metavar="M.png",
        help=_("white where the photo is to be made anew, of the photo's size"),
    )  # fmt: skip
    options.add_out(retouch, _("OUT"), _("the result: png, jpg, tif or webp"))
    options.add_sampling(retouch, SamplingSettings())
    options.add_matching(retouch)
    options.add_region(retouch, given=("layout",))
    options.add_provenance(retouch)
    options.add_file_options(retouch)
    options.add_models(retouch)

    layout = subparsers.add_parser(
        "layout",
        help=_("write the layout of a swap"),
        description=_("Write the layout of a swap, blended and completed, without sampling."),
    )
    _add_two_photos(layout)
    options.add_out(layout, "LAYOUT.png", _("the layout"))
    options.add_placement(layout)
    options.add_models(layout)

    parse = subparsers.add_parser(
        "parse",
        help=_("write the layouts of photos"),
        description=_("Write photos' layouts: class ids as an indexed PNG of the photo's size."),
    )
    parse.add_argument(
        "image", type=options.path, nargs="+", metavar=_("IMAGE"), help=_("photo to parse")
    )
    options.add_out(parse, "LAYOUT.png|DIR", _("the layout, or a folder for IMAGE.png each"))
    parse.add_argument(
        "--at", type=options.place, metavar=_("X,Y"), help=_("a point on the head of the person")
    )
    options.add_models(parse)

    for parser in (swap, replace, retouch, layout):
        parser.set_defaults(run=run)
    parse.set_defaults(run=run_parse)


def _add_two_photos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "head", type=options.path, metavar=_("HEAD"), help=_("photo that gives the head")
    )
    parser.add_argument(
        "body", type=options.path, metavar=_("BODY"), help=_("photo that gives all the rest")
    )


def _add_photo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", type=options.path, metavar=_("IMAGE"), help=_("the photo"))


def run(args: argparse.Namespace) -> int:
    """Make one picture, or one layout."""
    task = task_of(args)
    task.check()
    with ProgressLine() as line, options.engine_of(args) as engine:
        results = ask(engine, task.request(), line)
        task.write(results)
    if args.json:
        print_json(task.report(results))
    else:
        say_notes(note for result in results for note in result.notes)
    return 0


def run_parse(args: argparse.Namespace) -> int:
    """Parse one image or several, the models being loaded once."""
    images: list[Path] = args.image
    folder = _folder_of(args.out, several=len(images) > 1)
    for image in images:
        if not os.path.exists(image):  # not found out after the work on all those before
            raise InputFileError(_('"{path}" does not exist.').format(path=image), subject=image)
    if args.at is not None and len(images) > 1:
        raise RequestError(
            _("--at goes with one photo, but there are {count}.").format(count=len(images)),
            subject="--at",
        )
    tasks = [
        parse_task(image, args.out if folder is None else folder / f"{image.stem}.png", args.at)
        for image in images
    ]
    if folder is not None:
        _check_names(tasks)
        make_folder(folder)
    reports = []
    everything: list[Result] = []
    for task in tasks:
        task.check()
    with ProgressLine() as line, options.engine_of(args) as engine:
        for count, task in enumerate(tasks, start=1):
            prefix = "" if len(tasks) == 1 else f"{count}/{len(tasks)} "
            results = ask(engine, task.request(), line, prefix)
            task.write(results)
            reports.append(task.report(results))
            everything += results
    if not args.json:
        say_notes(note for result in everything for note in result.notes)
    elif len(tasks) == 1:
        print_json(reports[0])
    else:
        whole = {**reports[0], "output": str(folder), "images": reports}
        del whole["milliseconds"], whole["notes"]
        print_json(whole)
    return 0


def _folder_of(out: Path, *, several: bool) -> Path | None:
    """The folder that ``-o`` of ``parse`` means; ``None`` where it means a file."""
    if os.path.isdir(out) or not out.suffix:
        return out
    if several:
        raise OutputFileError(
            _('"{path}" is not a folder: the layouts of several photos need one.').format(path=out),
            subject=out,
        )
    return None


def _check_names(tasks: Sequence[Task]) -> None:
    """Two photos of the same name would end in the same layout."""
    taken: dict[Path, Path] = {}
    for task in tasks:
        assert task.layout is not None
        if (other := taken.get(task.layout)) is not None:
            raise OutputFileError(
                _('"{a}" and "{b}" would both be written to "{path}".').format(
                    a=other, b=task.inputs[0], path=task.layout
                ),
                subject=task.layout,
            )
        taken[task.layout] = task.inputs[0]


def ask(
    engine: Engine, request: Request, line: ProgressLine, prefix: str = ""
) -> tuple[Result, ...]:
    """Have the engine do it; Ctrl-C cancels the job (closing the engine waits for its end)."""
    job = engine.submit(request, on_progress=line.follow(prefix))
    try:
        while not job.wait(0.1):  # on Windows, Ctrl-C doesn't end a wait
            pass
    except KeyboardInterrupt:
        job.cancel()
        raise
    return job.result()

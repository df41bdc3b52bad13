"""The command line: ``hs-desktop COMMAND …``, or ``python main.py COMMAND …``.

Without a command, or with files instead of one, the editor is opened.

Exit codes: 0 done; 1 some jobs of a batch failed, or ``doctor`` misses something; 2 wrong use
or bad input, said in one sentence on standard error; 130 stopped with Ctrl-C or a signal.

Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.errors import EngineError, InputFileError
from hs_desktop import __version__, i18n
from hs_desktop.commands import batch, bench, machine, pictures, projects, training
from hs_desktop.commands.options import Parser, join_negative_values
from hs_desktop.commands.terminal import say
from hs_desktop.filetypes import PHOTOS, PROJECT
from hs_desktop.i18n import _

WRONG, STOPPED = 2, 130  # what the program ends with
EDITED = (PROJECT, *PHOTOS)  # suffixes of files that the editor opens


def build_parser() -> Parser:
    """All commands with their options; ``run`` of the result does what was asked."""
    parser = Parser(
        prog="hs-desktop",
        description=_("Put the head of one photo on the body of another, offline."),
        epilog=_("Without a command: open the editor, with a project or photos if they are named."),
    )
    parser.add_argument(
        "--sample", action="store_true", help=_("open the editor on the sample project and swap")
    )
    parser.add_argument("--version", action="version", version=f"HS Desktop {__version__}")
    subparsers = parser.add_subparsers(
        dest="command", metavar=_("COMMAND"), title=_("commands"), parser_class=Parser
    )
    for module in (pictures, batch, projects, machine, bench, training):
        module.add_parsers(subparsers)
    return parser


def open_editor(files: Sequence[Path] = (), *, sample: bool = False) -> int:
    """The window, with a project or photos in it, or with the sample project.

    Raises:
        InputFileError: a file isn't there.
    """
    for file in files:
        if not file.is_file():
            raise InputFileError(_('"{path}" does not exist.').format(path=file), subject=file)
    from hs_desktop.app import run

    return run(files, sample=sample)


def _files(argv: Sequence[str]) -> list[Path] | None:
    """The files to be edited, where these are named instead of a command."""
    files = [Path(arg) for arg in argv]
    named = bool(files) and all(file.suffix.lower() in EDITED for file in files)
    return files if named else None


@contextmanager
def _stopped_politely() -> Iterator[None]:
    """What ends a program from outside is Ctrl-C inside: nothing half-written stays behind."""
    taken = []
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):  # the last one is that of Windows
            number = getattr(signal, name, None)
            # Whoever has it ignored, as nohup does, means it.
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)
                taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code.

    Args:
        argv: without the program's name; ``None`` takes those the program was started with.
    """
    try:
        i18n.install()
        argv = sys.argv[1:] if argv is None else argv
        if (files := _files(argv)) is not None:
            return open_editor(files)
        args = build_parser().parse_args(join_negative_values(argv))
        if args.command is None:
            return open_editor(sample=args.sample)
        run: Callable[..., int] = args.run
        with _stopped_politely():
            return run(args)
    except EngineError as error:
        say(i18n.translated(error))
    except MemoryError:
        say(_("There is not enough memory for that."))
    except KeyboardInterrupt:
        say(_("Stopped."))
        return STOPPED
    except BrokenPipeError:
        # whoever read our output has gone; there is nobody to tell
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    except ImportError as error:
        say(
            _("A part of the program can't be loaded ({reason}): see 'hs-desktop doctor'.").format(
                reason=error
            )
        )
    except OSError as error:
        reason = error.strerror or str(error)
        say(reason if error.filename is None else f'"{error.filename}": {reason}.')
    return WRONG


if __name__ == "__main__":
    sys.exit(main())

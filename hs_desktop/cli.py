"""The command line: ``hs-desktop COMMAND …``, or ``python main.py COMMAND …``.

Exit codes: 0 done; 1 some jobs of a batch failed, or ``doctor`` misses something; 2 wrong use
or bad input, said in one sentence on standard error; 130 stopped with Ctrl-C.

Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from engine.errors import EngineError
from hs_desktop import __version__, i18n
from hs_desktop.commands import batch, machine, pictures, training
from hs_desktop.commands.options import Parser, UsageError, join_negative_values
from hs_desktop.commands.terminal import say
from hs_desktop.i18n import _

OK, WRONG, STOPPED = 0, 2, 130


def build_parser() -> Parser:
    """All commands with their options; ``run`` of the result does what was asked."""
    parser = Parser(
        prog="hs-desktop",
        description=_("Put the head of one photo on the body of another, offline."),
        epilog=_("Without a command: open the editor."),
    )
    parser.add_argument("--version", action="version", version=f"HS Desktop {__version__}")
    subparsers = parser.add_subparsers(
        dest="command", metavar=_("COMMAND"), title=_("commands"), parser_class=Parser
    )
    for module in (pictures, batch, machine, training):
        module.add_parsers(subparsers)
    return parser


def open_editor() -> int:
    """The window: not here yet."""
    raise UsageError(
        _(
            "The editor window is not part of this version yet: name a command, for instance "
            "'hs-desktop swap HEAD BODY -o OUT' ('hs-desktop --help' lists them)."
        )
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code.

    Args:
        argv: without the program's name; ``None`` takes those the program was started with.
    """
    try:
        i18n.install()
        args = build_parser().parse_args(
            join_negative_values(sys.argv[1:] if argv is None else argv)
        )
        if args.command is None:
            return open_editor()
        run: Callable[..., int] = args.run
        return run(args)
    except EngineError as error:
        say(str(error))
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

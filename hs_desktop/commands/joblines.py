"""A line of a batch -> the arguments that the same job has on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hs_desktop.commands.options import UsageError
from hs_desktop.i18n import _

_POSITIONALS = {
    "swap": ("head", "body"),
    "layout": ("head", "body"),
    "retouch": ("image",),
    "replace-head": ("image",),
    "parse": ("image",),
}
_INPUTS = {"head", "body", "image", "mask", "layout", "region"}
_INPUTS |= {"head-layout", "body-layout", "head-mask"}
_OUTPUTS = {"out", "layout-out", "region-out"}
_ON = {"keep-background", "complete", "match-grain", "match-skin", "provenance"}  # by default
_OFF = {"flip", "lossless"}  # by default
_OF_THE_BATCH = {"pack", "device", "precision", "json", "help"}


def parse_line(text: str, jobs_folder: Path, out_folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The options of a job, under their long names with dashes, and its arguments.

    Args:
        text: a JSON object.
        jobs_folder: what input files are relative to.
        out_folder: where outputs go; none may leave it.

    Raises:
        UsageError: the line is no such object.
    """
    try:
        job = json.loads(text)
    except (ValueError, RecursionError):
        job = None
    if not isinstance(job, dict):
        raise UsageError(_("this is not a JSON object."))
    options: dict[str, Any] = {}
    for key, value in job.items():
        name = key.replace("_", "-")
        if name in options:
            raise UsageError(_('it has "{name}" twice.').format(name=name))
        if value is not None:
            options[name] = value
    command = options.get("command")
    if not isinstance(command, str) or command not in _POSITIONALS:
        known = ", ".join(_POSITIONALS)
        raise UsageError(_('its "command" is none of {known}.').format(known=known))
    if not isinstance(options.get("out"), str):
        raise UsageError(_('it has no "out", the name of the file to be made.'))

    arguments = [command]
    positionals = {}
    for name, value in options.items():
        if name == "command":
            continue
        if name in _OF_THE_BATCH:
            raise UsageError(_('"{name}" is no option of a single job.').format(name=name))
        if name in _INPUTS | _OUTPUTS and not _may_be_a_file(value):
            raise UsageError(_('its "{name}" is not the name of a file.').format(name=name))
        if name in _OUTPUTS:
            value = str(_within(out_folder, value))
        elif name in _INPUTS:
            value = str(jobs_folder / value) if value else ""  # "" isn't the folder itself
        if name in _POSITIONALS[command]:
            positionals[name] = value
        else:
            arguments += _option(name, value)
    return options, arguments + [
        positionals[name] for name in _POSITIONALS[command] if name in positionals
    ]


def _may_be_a_file(value: object) -> bool:
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _option(name: str, value: object) -> list[str]:
    if value is True:
        return [f"--{name}"]
    if value is False:
        if name in _ON:
            return [f"--no-{name}"]
        if name in _OFF or name.removeprefix("no-") in _ON:
            return []
    elif isinstance(value, list) and all(_is_number(item) for item in value):
        return [f"--{name}={','.join(map(str, value))}"]
    elif isinstance(value, str) or _is_number(value):
        return [f"--{name}={value}"]
    raise UsageError(_('"{name}" can\'t be {value}.').format(name=name, value=json.dumps(value)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within(folder: Path, name: str) -> Path:
    """The file ``name`` in ``folder``; raises ``UsageError`` where it leads out of it."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or path.resolve() == folder.resolve():
        raise UsageError(
            _('"{name}" lies outside of the folder for the results.').format(name=name)
        )
    return path

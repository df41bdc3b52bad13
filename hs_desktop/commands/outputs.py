"""Where results go: names of several variations, and checks before the long work begins."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.errors import OutputFileError
from hs_desktop.filetypes import FLAT
from hs_desktop.i18n import _

MAP_SUFFIXES = (".png",)  # layouts and regions


def variation_paths(out: Path, count: int) -> tuple[Path, ...]:
    """``out`` itself for a single result, else ``out`` with -1 to -``count`` in its name."""
    if count == 1:
        return (out,)
    return tuple(out.with_name(f"{out.stem}-{k}{out.suffix}") for k in range(1, count + 1))


def check_outputs(
    photos: Sequence[Path],
    maps: Sequence[Path | None],
    inputs: Iterable[Path | None],
    suffixes: Sequence[str] = FLAT,
) -> None:
    """See that all outputs can be written, are told apart and overwrite no input.

    Args:
        photos: pictures to be written.
        maps: layouts and regions to be written; ``None`` where none is wanted.
        inputs: files that will be read.
        suffixes: those that a picture may have.

    Raises:
        OutputFileError: naming the first that is wrong.
    """
    written: list[tuple[Path, Sequence[str]]] = [(path, suffixes) for path in photos]
    written += [(path, MAP_SUFFIXES) for path in maps if path is not None]
    taken: dict[str, Path] = {}
    read = {os.path.realpath(path) for path in inputs if path is not None}
    for path, known in written:
        _check_output(path, known)
        real = os.path.realpath(path)
        if real in read:
            raise OutputFileError(
                _('"{path}" is one of the files to read: it would be overwritten.').format(
                    path=path
                ),
                subject=path,
            )
        if real in taken:
            raise OutputFileError(
                _('"{path}" would be written twice.').format(path=path), subject=path
            )
        taken[real] = path


def _check_output(path: Path, suffixes: Sequence[str]) -> None:
    if os.path.isdir(path):
        raise OutputFileError(
            _('"{path}" can\'t be written: it is a folder.').format(path=path), subject=path
        )
    if path.suffix.lower() not in suffixes:
        raise OutputFileError(
            _('"{path}" can\'t be written: its name has to end with {known}.').format(
                path=path, known=_(" or ").join(suffixes)
            ),
            subject=path,
        )
    target = os.path.realpath(path)
    check_folder(os.path.dirname(target), path)
    try:
        os.lstat(target)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(path, error) from error
    if not os.access(target, os.W_OK):
        raise OutputFileError(
            _('"{path}" can\'t be written: it is protected.').format(path=path), subject=path
        )


def _unwritable(path: Path, error: OSError) -> OutputFileError:
    return OutputFileError(
        _('"{path}" can\'t be written: {reason}.').format(path=path, reason=error.strerror),
        subject=path,
    )


def check_folder(folder: str | Path, path: Path) -> None:
    """Raise ``OutputFileError``, naming ``path``, where no file can be made in ``folder``."""
    if not os.path.isdir(folder):
        raise OutputFileError(
            _('"{path}" can\'t be written: there is no folder "{folder}".').format(
                path=path, folder=folder
            ),
            subject=path,
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def make_folder(folder: Path) -> None:
    """Make ``folder`` where it isn't there; raises ``OutputFileError``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFileError(
            _('The folder "{path}" can\'t be made: {reason}.').format(
                path=folder, reason=error.strerror
            ),
            subject=folder,
        ) from error

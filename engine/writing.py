"""Files that are there complete or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # on Windows, where a file that is open can't be removed anyway
    fcntl = None  # type: ignore[assignment]

from engine.errors import EngineError, OutputFileError
from engine.sentences import Sentence

StrPath = str | os.PathLike[str]

_PART = re.compile(r"\.[0-9a-f]{32}\.part")


@contextmanager
def atomic_write(path: StrPath) -> Iterator[BinaryIO]:
    """A binary file to write into, that appears at ``path`` only if the block succeeds.

    Until then it lies in the same folder under another name; nothing is left of it on
    failure. A link at ``path`` keeps pointing to the file, which is replaced.

    Raises:
        OutputFileError: naming ``path``, for every ``OSError`` in the block or here.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{uuid.uuid4().hex}.part")  # see ``_PART``
    try:
        if target.is_dir():
            raise OutputFileError(
                Sentence('"{path}" can\'t be written: it is a folder.', path=path), subject=path
            )
        try:
            with open(part, "xb") as file:
                _lock(file)
                yield file
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                if not os.access(target, os.W_OK):  # replacing would get around that
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
                shutil.copymode(target, part)
            os.replace(part, target)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
    except EngineError:
        raise
    except OSError as error:
        reason = error.strerror or str(error) or Sentence("unknown error")
        raise OutputFileError(
            Sentence('"{path}" can\'t be written: {reason}.', path=path, reason=reason),
            subject=path,
        ) from error


def remove_parts(folder: Path, since: float = 0.0) -> None:
    """Remove what a process that died has left of ``atomic_write`` in a folder.

    What is just being written stays.

    Args:
        folder: needn't be there.
        since: seconds since 1970; what is older stays.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if _PART.fullmatch(path.name):
                with suppress(OSError):
                    if path.stat().st_mtime >= since and not _is_locked(path):
                        path.unlink()


def _lock(file: BinaryIO) -> None:
    """As long as it is open; where the file system knows no locks, nothing happens."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_locked(path: Path) -> bool:
    if fcntl is None:
        return False
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False

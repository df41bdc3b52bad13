"""Folders in which running editors keep what isn't saved yet; found again when one has died."""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from engine.errors import OutputFileError
from engine.writing import atomic_write, remove_parts
from hs_desktop.document import jsonvalues
from hs_desktop.i18n import _

INDEX = "index.json"
_NOTE = "writing-"
_NAME = re.compile(r"[0-9a-f]{32}")


class Session:
    """A folder that a running process holds by a lock, which dies with the process.

    The lock lies beside the folder, so the folder can't be seen without it.
    """

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self.lock = lock
        self.stored: set[str] = set()
        self.is_used = False

    @classmethod
    def new(cls, parent: Path) -> Session:
        while True:
            name = uuid.uuid4().hex
            with _as_output_error(parent):
                parent.mkdir(parents=True, exist_ok=True)
                lock = _lock(parent, name)
                try:
                    lock.acquire(blocking=False)
                except Timeout:
                    continue  # a start is just cleaning it up
            if Path(lock.lock_file).exists():  # else a start has cleaned it up at this moment
                break
            lock.release()
        session = cls(parent / name, lock)
        try:
            with _as_output_error(session.folder):
                session.folder.mkdir()
        except OutputFileError:
            session.remove()
            raise
        return session

    @classmethod
    def taken(cls, parent: Path, name: str) -> Session | None:
        """The session of a process that has died; ``None`` while it lives."""
        lock = _lock(parent, name)
        try:
            lock.acquire(blocking=False)
        except (Timeout, OSError):
            return None
        return cls(parent / name, lock)

    def store(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Have a file written, complete or not at all."""
        with atomic_write(self.folder / Path(name).name) as file:
            write(file)
        self.stored.add(name)

    def put_index(self, data: bytes) -> None:
        self.is_used = True
        _write(self.folder / INDEX, data)

    def keep_only(self, names: frozenset[str]) -> None:
        for name in self.stored - names:
            with suppress(OSError):
                (self.folder / Path(name).name).unlink(missing_ok=True)
                self.stored.discard(name)

    @contextmanager
    def noted(self, path: Path) -> Iterator[None]:
        """Around writing to ``path``, in any thread: whatever a crash leaves beside it is found.

        Where no note of it can be made, it is written all the same.
        """
        note = self.folder / f"{_NOTE}{uuid.uuid4().hex}.json"
        said = {"folder": os.path.dirname(os.path.realpath(path)), "started": time.time()}
        with suppress(OutputFileError):
            _write(note, jsonvalues.dumps(said))
        try:
            yield
        finally:
            with suppress(OSError):
                note.unlink(missing_ok=True)

    def clean_up(self) -> None:
        """Remove half-written files: its own, and those beside what it was writing."""
        remove_parts(self.folder)
        for note in self.folder.glob(f"{_NOTE}*.json"):
            try:
                fields = jsonvalues.Fields(jsonvalues.loads(note.read_bytes()))
                place, started = Path(fields.text("folder")), fields.number("started")
            except (OSError, ValueError, KeyError, RecursionError):
                continue
            remove_parts(place, started - 2)  # file systems round times
            note.unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget the project: there is nothing to be recovered."""
        with suppress(OSError):
            (self.folder / INDEX).unlink(missing_ok=True)
            self.is_used = False
        self.keep_only(frozenset())

    def remove(self) -> None:
        """Remove the folder and let go of it; the index first, so it never looks complete."""
        with suppress(OSError):
            (self.folder / INDEX).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        if os.name != "nt":  # there an open file can't be removed
            Path(self.lock.lock_file).unlink(missing_ok=True)
        self.lock.release()
        with suppress(OSError):
            Path(self.lock.lock_file).unlink(missing_ok=True)


def abandoned(folder: Path) -> Iterator[Session]:
    """The sessions in ``folder`` of processes that have died; they belong to the caller now."""
    names = {path.name.removesuffix(".lock") for path in _listed(folder)}
    for name in sorted(name for name in names if _NAME.fullmatch(name)):
        session = Session.taken(folder, name)
        if session is not None:
            yield session


def _lock(parent: Path, name: str) -> FileLock:
    return FileLock(parent / f"{name}.lock", thread_local=False, is_singleton=False)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    """``OSError``s as sentences."""
    try:
        yield
    except OSError as error:
        sentence = _('"{path}" can\'t be written: {reason}.')
        reason = error.strerror or str(error)
        raise OutputFileError(sentence.format(path=path, reason=reason), subject=path) from error


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path) as file:
        file.write(data)

"""What is kept of a project that isn't saved yet, in case the program or the machine dies.

A session's folder holds payloads, named after their content (see ``payloads``), and one small
index that says which of them make up the project. So a tick writes only what changed since
the last one, and the index, replaced as a whole, is always true of files that are complete.

No thread is started here: the owner calls ``tick`` now and then, or ``snapshot`` in its own
thread and ``Pending.write`` in any other.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from engine.errors import OutputFileError
from hs_desktop.document import jsonvalues
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.document.manifest import from_manifest, to_manifest
from hs_desktop.document.migrations import migrated
from hs_desktop.document.payloads import Payload
from hs_desktop.i18n import _

_INDEX = "index.json"
_SAVING = "saving.json"
_SESSION = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"\.[0-9a-f]{32}\.part")  # as ``engine.imageio.atomic_write`` names them
_log = logging.getLogger(__name__)


class Autosave:
    """Keeps one document.

    Args:
        folder: for the autosaves of all running editors, for instance within appdirs' user
            data folder; made when it is needed.
        document: to be kept.
    """

    def __init__(self, folder: Path, document: Document) -> None:
        self._folder = folder
        self._document = document
        self._session: _Session | None = None
        self._serial: int | None = None
        self._pending: Pending | None = None

    def tick(self) -> bool:
        """Write what changed since last time; whether there was anything to do.

        Raises:
            OutputFileError: it can't be written; the next tick tries again.
        """
        pending = self.snapshot()
        if pending is None:
            return False
        pending.write()
        return True

    def prepare(self, seconds: float = 0.01) -> bool:
        """Do the longest part of ``snapshot`` piecemeal: call it until it gives ``True``.

        Args:
            seconds: the time that a call may take, about.
        """
        if not self._document.is_modified or self._document.serial == self._serial:
            return True
        state, deadline = self._document.state, time.perf_counter() + seconds
        planes = (plane for side in Side for x in state.stack(side) for plane in x.planes.values())
        return all(plane.read_for_key(deadline) for plane in planes)

    def snapshot(self) -> Pending | None:
        """What has to be written, of which ``write`` may be called in another thread.

        ``None`` where nothing changed, or where what was taken before isn't written yet. Of
        what the user paints only the layers are copied that aren't on disk as they are.
        """
        if self._pending is not None and not self._pending.is_done:
            return None
        if self._pending is not None and self._pending.failed:
            self._serial = None
        document = self._document
        if not document.is_modified:
            if self._session is not None and self._session.is_used:
                self._session.clear()
            self._serial = None
            return None
        if document.serial == self._serial:
            return None
        if self._session is None:
            self._session = _Session.new(self._folder)
        session = self._session
        manifest, payloads = to_manifest(document.state)
        index = {
            "saved": time.time(),
            "path": str(document.path) if document.path else None,
            "project": manifest,
        }
        missing = [p.frozen() for name, p in payloads.items() if name not in session.stored]
        self._serial = document.serial
        self._pending = Pending(session, index, missing, frozenset(payloads))
        return self._pending

    @contextmanager
    def saving(self, path: Path) -> Iterator[None]:
        """Around writing a project to ``path``: whatever a crash leaves beside it is found."""
        if self._session is None:
            self._session = _Session.new(self._folder)
        note = self._session.folder / _SAVING
        started = {"folder": str(path.absolute().parent), "started": time.time()}
        _write(note, jsonvalues.dumps(started))
        try:
            yield
        finally:
            note.unlink(missing_ok=True)

    def close(self) -> None:
        """The document was saved or is given up: nothing is left of its autosave.

        Waits for what another thread is just writing.
        """
        if self._pending is not None:
            self._pending.give_up()
        if self._session is not None:
            self._session.remove()
            self._session = None


class Pending:
    """Something to be written, taken at one moment."""

    def __init__(
        self,
        session: _Session,
        index: dict[str, Any],
        missing: list[Payload],
        names: frozenset[str],
    ) -> None:
        self._session = session
        self._index = index
        self._missing = missing
        self._names = names
        self._lock = threading.Lock()
        self.is_done = False
        self.failed = False

    def write(self) -> None:
        """Write it, unless it was given up; raises ``OutputFileError`` where that fails."""
        with self._lock:
            if self.is_done:
                return
            try:
                for payload in self._missing:
                    self._session.store(payload.name, payload.encoded())
                self._session.put_index(jsonvalues.dumps(self._index))
                self._session.keep_only(self._names)
            except BaseException:
                self.failed = True
                raise
            finally:
                self._missing = []
                self.is_done = True

    def give_up(self) -> None:
        """Don't write it any more; waits for another thread's ``write``."""
        with self._lock:
            self._missing = []
            self.is_done = True


@dataclass(frozen=True)
class Recoverable:
    """What a session that died has left; it belongs to who found it until that is released.

    Load it, let the new document's own autosave tick, and only then discard it: so it is
    somewhere on disk at any moment.

    Attributes:
        saved: when it was written, seconds since 1970.
        path: the project's file; ``None`` where it had none yet.
    """

    saved: float
    path: Path | None
    _session: _Session
    _manifest: dict[str, Any]

    def load(self) -> Document:
        """The document, modified, with the path that it had.

        Raises:
            ProjectError: it is damaged, or was made by a newer version.
        """
        folder = self._session.folder

        def read(name: str, limit: int) -> bytes:
            file = folder / Path(name).name
            if file.stat().st_size > limit:
                raise ValueError(f"{name} has {file.stat().st_size} bytes")
            return file.read_bytes()

        try:
            state = from_manifest(migrated(self._manifest, folder), read)
        except ProjectError:
            raise
        except Exception as error:  # PNG and JSON raise whatever they like on a damaged file
            sentence = _('The autosave in "{path}" is damaged.')
            raise ProjectError(sentence.format(path=folder), subject=folder) from error
        document = Document(state, self.path)
        document.history.mark_modified()
        return document

    def discard(self) -> None:
        """Remove it for good."""
        self._session.remove()

    def release(self) -> None:
        """Leave it for the next start."""
        self._session.lock.release()


def recoverable(folder: Path) -> list[Recoverable]:
    """What sessions that died have left in ``folder``, the newest first; litter is removed.

    Sessions of editors that still run, here or in other processes, are left alone.
    """
    found = []
    names = {path.name.removesuffix(".lock") for path in _listed(folder)}
    for name in sorted(name for name in names if _SESSION.fullmatch(name)):
        session = _Session.taken(folder, name)
        if session is None:
            continue
        _clean_up_after_saving(session.folder)
        left = _read_index(session)
        if left is None:
            session.remove()
        else:
            found.append(left)
    return sorted(found, key=lambda left: left.saved, reverse=True)


# --- parts -------------------------------------------------------------------------------------


class _Session:
    """A folder that a running process holds by a lock, which dies with the process.

    The lock lies beside the folder, so the folder can't be seen without it.
    """

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self.lock = lock
        self.stored: set[str] = set()
        self.is_used = False

    @classmethod
    def new(cls, parent: Path) -> _Session:
        while True:
            name = uuid.uuid4().hex
            with _as_output_error(parent):
                parent.mkdir(parents=True, exist_ok=True)
                lock = _lock(parent, name)
                lock.acquire(blocking=False)
            if Path(lock.lock_file).exists():  # else a start has cleaned it up at this moment
                break
            lock.release()
        session = cls(parent / name, lock)
        with _as_output_error(session.folder):
            session.folder.mkdir()
        return session

    @classmethod
    def taken(cls, parent: Path, name: str) -> _Session | None:
        """The session of a process that has died; ``None`` while it lives."""
        lock = _lock(parent, name)
        try:
            lock.acquire(blocking=False)
        except (Timeout, OSError):
            return None
        return cls(parent / name, lock)

    def store(self, name: str, data: bytes) -> None:
        _write(self.folder / Path(name).name, data)
        self.stored.add(name)

    def put_index(self, data: bytes) -> None:
        self.is_used = True
        _write(self.folder / _INDEX, data)

    def keep_only(self, names: frozenset[str]) -> None:
        for name in self.stored - names:
            with suppress(OSError):
                (self.folder / Path(name).name).unlink(missing_ok=True)
                self.stored.discard(name)

    def clear(self) -> None:
        """Forget the project: there is nothing to be recovered."""
        with suppress(OSError):
            (self.folder / _INDEX).unlink(missing_ok=True)
            self.is_used = False
        self.keep_only(frozenset())

    def remove(self) -> None:
        """Remove the folder and let go of it; the index first, so it never looks complete."""
        with suppress(OSError):
            (self.folder / _INDEX).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        if os.name != "nt":  # there an open file can't be removed
            Path(self.lock.lock_file).unlink(missing_ok=True)
        self.lock.release()
        with suppress(OSError):
            Path(self.lock.lock_file).unlink(missing_ok=True)


def _lock(parent: Path, name: str) -> FileLock:
    return FileLock(parent / f"{name}.lock", thread_local=False, is_singleton=False)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _read_index(session: _Session) -> Recoverable | None:
    """What there is to recover; ``None`` where there is nothing."""
    try:
        fields = jsonvalues.Fields(jsonvalues.loads((session.folder / _INDEX).read_bytes()))
        path = fields.optional("path", fields.text)
        return Recoverable(
            fields.number("saved"),
            Path(path) if path else None,
            session,
            fields.mapping("project"),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, RecursionError):
        _log.info("an autosave without a readable index is removed: %s", session.folder)
        return None


def _clean_up_after_saving(folder: Path) -> None:
    """Remove the half-written file that a process has left beside a project it was saving."""
    for path in _listed(folder):
        if _PART.fullmatch(path.name):
            path.unlink(missing_ok=True)
    try:
        fields = jsonvalues.Fields(jsonvalues.loads((folder / _SAVING).read_bytes()))
        place, started = Path(fields.text("folder")), fields.number("started")
    except (OSError, ValueError, KeyError, RecursionError):
        return
    for path in _listed(place):
        if _PART.fullmatch(path.name):
            with suppress(OSError):
                if path.stat().st_mtime >= started - 2:  # file systems round times
                    path.unlink()


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
    from engine.imageio import atomic_write  # brings OpenCV along

    with atomic_write(path) as file:
        file.write(data)

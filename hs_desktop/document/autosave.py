"""What is kept of a project that isn't saved yet, in case the program or the machine dies.

A session's folder holds payloads, named after their content (see ``payloads``), and one small
index that says which of them make up the project. So a tick writes only what changed since
the last one, and the index, replaced as a whole, is always true of files that are complete.

No thread is started here: the owner calls ``tick`` now and then, or ``snapshot`` in its own
thread and ``Pending.write`` in any other.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import OutputFileError
from hs_desktop.document import jsonvalues
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.manifest import from_manifest, to_manifest
from hs_desktop.document.migrations import migrated
from hs_desktop.document.sessions import INDEX, Session, abandoned
from hs_desktop.document.state import ProjectState
from hs_desktop.i18n import _

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
        self._session: Session | None = None
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

    def snapshot(self) -> Pending | None:
        """What has to be written, of which ``write`` may be called in another thread.

        ``None`` where nothing changed, or where what was taken before isn't written yet. Takes
        no time: nothing is read, nor copied before the user paints on it.
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
        self._pending = Pending(self._opened(), document.state.frozen(), document.path)
        self._serial = document.serial  # only now: where there is no place yet, it is looked for
        return self._pending

    def saving(self, path: Path) -> AbstractContextManager[None]:
        """Around writing a file, in any thread: whatever a crash leaves beside it is found."""
        try:
            return self._opened().noted(path)
        except OutputFileError:  # no reason not to save
            return nullcontext()

    def close(self) -> None:
        """The document was saved or is given up: nothing is left of its autosave.

        What another thread is just writing, that thread removes.
        """
        session, self._session = self._session, None
        if session is not None and (self._pending is None or self._pending.give_up()):
            session.remove()

    def _opened(self) -> Session:
        if self._session is None:
            self._session = Session.new(self._folder)
        return self._session


class Pending:
    """A project as it was at one moment, to be written into a session."""

    def __init__(self, session: Session, state: ProjectState, path: Path | None) -> None:
        self._session = session
        self._state: ProjectState | None = state
        self._path = path
        self._taken = time.time()
        self._turn = threading.Lock()
        self._is_writing = False
        self._is_given_up = False
        self.is_done = False
        self.failed = False

    def write(self) -> None:
        """Write it, unless it was given up; raises ``OutputFileError`` where that fails."""
        with self._turn:
            state, self._state = self._state, None
            if state is None:
                return
            self._is_writing = True
        try:
            self._write(state)
        except BaseException:
            self.failed = True
            if not self._is_given_up:
                raise
        finally:
            with self._turn:
                self.is_done, given_up = True, self._is_given_up
            if given_up:
                self._session.remove()

    def _write(self, state: ProjectState) -> None:
        session = self._session
        manifest, payloads = to_manifest(state)
        for name, payload in payloads.items():
            if self._is_given_up:
                return
            if name not in session.stored:
                session.store(name, payload.write)
        index = {
            "saved": self._taken,
            "path": str(self._path) if self._path else None,
            "project": manifest,
        }
        session.put_index(jsonvalues.dumps(index))
        session.keep_only(frozenset(payloads))

    def give_up(self) -> bool:
        """Don't write it any more.

        Returns:
            Whether the session is free; else it is removed by whoever is writing into it.
        """
        with self._turn:
            self._state, self._is_given_up = None, True
            if not self._is_writing:
                self.is_done = True
            return self.is_done


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
    _session: Session
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
    for session in abandoned(folder):
        session.clean_up()
        try:
            left = _read_index(session)
        except OSError:
            _log.warning("an autosave can't be read for now: %s", session.folder, exc_info=True)
            session.lock.release()
            continue
        if left is None:
            session.remove()
        else:
            found.append(left)
    return sorted(found, key=lambda left: left.saved, reverse=True)


def _read_index(session: Session) -> Recoverable | None:
    """What there is to recover; ``None`` where there is nothing.

    Raises:
        OSError: it can't be told for now.
    """
    try:
        fields = jsonvalues.Fields(jsonvalues.loads((session.folder / INDEX).read_bytes()))
        path = fields.optional("path", fields.text)
        return Recoverable(
            fields.number("saved"),
            Path(path) if path else None,
            session,
            fields.mapping("project"),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, RecursionError):
        _log.info("an autosave without a readable index is removed: %s", session.folder)
        return None

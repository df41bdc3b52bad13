"""Project files: ``.hsd`` is an OpenRaster file with ``hsd.json`` and its payloads in it.

Krita and GIMP open the layers as they are; what OpenRaster has no word for stands in
``hsd.json`` (see ``manifest``), and that alone is what is read back here.
"""

from __future__ import annotations

import errno
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hs_desktop
from engine.errors import EngineError
from hs_desktop.document import jsonvalues
from hs_desktop.document.compositing import Flattener
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.document.layer_payloads import (
    layout_payload,
    patch_payload,
    photo_payload,
    picture_payload,
)
from hs_desktop.document.layers import Layer, LayoutLayer, PhotoLayer, PictureLayer
from hs_desktop.document.manifest import from_manifest, to_manifest
from hs_desktop.document.migrations import migrated
from hs_desktop.document.openraster import Sheaf, Sheet, writing
from hs_desktop.document.payloads import Payload
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _, translated

MANIFEST = "hsd.json"
_MAX_MANIFEST = 64 << 20
_MAX_MEMBERS = 100_000
Watch = Callable[[float], None]
_UNSAFE = re.compile(r"^/|^[A-Za-z]:|\\|(^|/)\.\.(/|$)|\0")


def save(document: Document, path: Path) -> None:
    """Write the project; afterwards it is unmodified and has this path.

    Raises:
        OutputFileError: it can't be written; what was there before still is.
    """
    document.settle()
    write_project(document.state, path)
    document.path = path
    document.history.mark_clean()


def write_project(state: ProjectState, path: Path) -> None:
    """Write a project; with ``state.frozen()``, from any thread while the user paints on.

    What the file that was there already holds isn't compressed again.

    Raises:
        OutputFileError: it can't be written; what was there before still is.
    """
    manifest, payloads = to_manifest(state)
    manifest["program"] = f"HS Desktop {hs_desktop.__version__}"
    flattener = Flattener()
    merged = flattener.photo(state, Side.RESULT) or flattener.photo(state, Side.HEAD)
    with writing(path) as file:
        with _former(path) as former:
            for payload in payloads.values():
                file.add(payload.name, _taken_over(former, payload) or payload.write)
        file.add(MANIFEST, jsonvalues.dumps(manifest), packed=True)
        file.finish(_sheets(state), merged)


def load(path: Path) -> Document:
    """Read a project.

    Raises:
        ProjectError: there is no such file, it is no project, is damaged or was made by a
            newer version.
    """
    return Document(read_project(path), path)


def read_project(path: Path, watch: Watch | None = None) -> ProjectState:
    """The state in a project file; raises as ``load`` does.

    Args:
        path: the file.
        watch: told before each part what share of them, 0..1, has been read; it may raise an
            ``EngineError`` (``Cancelled``) to end it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            whole = sum(
                info.file_size for name, info in members.items() if name.startswith("data/")
            )
            done = 0

            def read(name: str, limit: int) -> bytes:
                nonlocal done
                info = members[name]
                if watch is not None:
                    watch(min(1.0, done / max(1, whole)))
                if info.file_size > limit:
                    raise ValueError(f"{name} has {info.file_size} bytes")
                with archive.open(info) as file:
                    data = file.read(limit)
                done += len(data)
                return data

            if MANIFEST not in members:
                raise _no_project(path)
            manifest = migrated(jsonvalues.loads(read(MANIFEST, _MAX_MANIFEST)), path)
            return from_manifest(manifest, read)
    except EngineError:
        raise
    except FileNotFoundError as error:
        sentence = _('"{path}" does not exist.')
        raise ProjectError(sentence.format(path=path), subject=path) from error
    except MemoryError as error:
        sentence = _('"{path}" does not fit into memory.')
        raise ProjectError(sentence.format(path=path), subject=path) from error
    except zipfile.BadZipFile as error:
        raise (_damaged(path) if _begins_as_zip(path) else _no_project(path)) from error
    except OSError as error:
        if error.errno is None:
            raise _damaged(path) from error
        sentence = _('"{path}" can\'t be opened: {reason}.')
        reason = error.strerror or errno.errorcode.get(error.errno, _("unknown error"))
        raise ProjectError(sentence.format(path=path, reason=reason), subject=path) from error
    except Exception as error:  # zip, PNG and JSON raise whatever they like on a damaged file
        raise _damaged(path) from error


# --- parts -------------------------------------------------------------------------------------


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The files within, by name, if they are what a project could hold."""
    infos = archive.infolist()
    members = {info.filename: info for info in infos}
    if len(infos) > _MAX_MEMBERS or len(members) < len(infos):
        raise _damaged(path)
    for info in infos:
        # Nothing is ever unpacked to disk, but whoever made such a name meant no good.
        if _UNSAFE.search(info.filename) or _UNSAFE.search(info.orig_filename):
            sentence = _('"{path}" is not opened: it holds a file with the unsafe name {name!r}.')
            raise ProjectError(sentence.format(path=path, name=info.orig_filename), subject=path)
    return members


@contextmanager
def _former(path: Path) -> Iterator[zipfile.ZipFile | None]:
    """The project that lies at ``path`` already, if it is one."""
    archive = None
    try:
        archive = zipfile.ZipFile(path)
        if MANIFEST not in archive.namelist():
            archive.close()
            archive = None
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        archive = None
    try:
        yield archive
    finally:
        if archive is not None:
            archive.close()


def _taken_over(former: zipfile.ZipFile | None, payload: Payload) -> bytes | None:
    """The payload as it lies in the former file, checked by its sum; ``None`` if it doesn't."""
    if former is None or isinstance(payload.content, bytes):
        return None
    try:
        return former.read(payload.name)
    except Exception:  # missing or damaged: it is made anew, whatever the reason
        return None


def _sheets(state: ProjectState) -> Iterator[Sheaf]:
    """The stacks as other programs see them: the result over the body, the head hidden."""
    for side in (Side.RESULT, Side.BODY, Side.HEAD):
        stack = state.stack(side)
        shown = {layer.id for layer in stack.pictures}
        sheets = [_sheet(layer, layer.id in shown) for layer in reversed(stack.layers)]
        children = tuple(sheet for sheet in sheets if sheet is not None)
        if children:
            hidden = side is Side.HEAD and len(state.body) > 0
            names = {Side.HEAD: _("Head"), Side.BODY: _("Body"), Side.RESULT: _("Result")}
            yield Sheaf(names[side], children, not hidden)


def _sheet(layer: Layer, shown: bool) -> Sheet | None:
    """A layer as other programs see it; ``None`` for a mask, of which they have no idea."""
    at = (0, 0)
    if isinstance(layer, PhotoLayer):
        src = photo_payload(layer.photo).name
    elif isinstance(layer, Variation):
        src, at = patch_payload(layer).name, layer.patch.at
    elif isinstance(layer, PictureLayer):
        src, at = picture_payload(layer).name, layer.position
    elif isinstance(layer, LayoutLayer):
        src, shown = layout_payload(layer, layer.ids).name, False  # else it would hide the photo
    else:
        return None
    return Sheet(translated(layer.name), src, at, layer.opacity, shown, layer.locked)


def _begins_as_zip(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def _no_project(path: Path) -> ProjectError:
    sentence = _('"{path}" is not an HS Desktop project.')
    return ProjectError(sentence.format(path=path), subject=path)


def _damaged(path: Path) -> ProjectError:
    sentence = _('"{path}" is damaged or incomplete.')
    return ProjectError(sentence.format(path=path), subject=path)

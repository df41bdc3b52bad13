"""Writing a project for other programs: flat or in layers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputFileError
from engine.fileoptions import AS_USUAL, FileOptions
from engine.writing import atomic_write
from hs_desktop import PROGRAM
from hs_desktop.document.compositing import Flattener
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.document.openraster import OpenRaster, Sheaf, Sheet, writing
from hs_desktop.document.parts import Group, Part, parts_of
from hs_desktop.document.payloads import write_png
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation
from hs_desktop.filetypes import FLAT, LAYERED
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.imageio import Photo
    from engine.provenance import Provenance


def export(
    state: ProjectState,
    path: Path,
    *,
    provenance: bool = True,
    options: FileOptions = AS_USUAL,
) -> None:
    """Write the result in the format of the path's suffix, one of ``LAYERED`` or ``FLAT``.

    Before there is a result it is the body, and without a body the head. The file appears
    complete or not at all. With ``state.frozen()`` this may be called from any thread.

    Args:
        provenance: where the picture shows something generated, say so in its XMP (in
            OpenRaster in that of the merged picture).
        options: how a flat picture is written.

    Raises:
        ProjectError: there is no photo yet.
        OutputFileError: for an unknown suffix, a picture too large for the format, or a
            place that can't be written.
    """
    from engine.imageio import write_photo  # brings OpenCV along

    flat = flattened(state)
    source = provenance_of(state) if provenance else None
    suffix = path.suffix.lower()
    if suffix == ".ora":
        _write_ora(state, flat, path, source)
    elif suffix == ".psd":
        from hs_desktop.document.psd import write_psd  # psd-tools, only when it is needed

        with atomic_write(path) as file:
            try:
                write_psd(file, flat, parts_of(state, flat), source)
            except ValueError as error:
                sentence = _('"{path}" can\'t be written: {reason} are more than PSD can hold.')
                raise OutputFileError(
                    sentence.format(path=path, reason=error), subject=path
                ) from error
    elif suffix in FLAT:
        write_photo(flat, path, source, options)
    else:
        known = ", ".join(name[1:] for name in (*FLAT, *LAYERED))
        sentence = _('"{path}" can\'t be written: its name has to end with one of {known}.')
        raise OutputFileError(sentence.format(path=path, known=known), subject=path)


def provenance_of(state: ProjectState) -> Provenance | None:
    """Of the topmost variation that is to be seen; ``None`` where nothing generated is."""
    from engine.provenance import Provenance

    for layer in reversed(state.result.pictures):
        if isinstance(layer, Variation) and layer.opacity > 0:
            return Provenance(PROGRAM, layer.pack, layer.sampling.seed, layer.sampling)
    return None


def flattened(state: ProjectState) -> Photo:
    """What ``export`` writes as one picture; raises ``ProjectError`` without a photo."""
    flattener = Flattener()
    flat = flattener.photo(state, Side.RESULT) or flattener.photo(state, Side.HEAD)
    if flat is None:
        raise ProjectError(_("There is no picture to be exported yet: open a photo first."))
    return flat


def _write_ora(state: ProjectState, flat: Photo, path: Path, provenance: Provenance | None) -> None:
    """OpenRaster has no masks: they become the layers' transparency."""
    packet = flat.xmp if provenance is None else provenance.packet(flat.xmp, flat.size)
    with writing(path) as file:
        sheets = [_sheet(file, part, flat, str(i)) for i, part in enumerate(parts_of(state, flat))]
        file.finish(sheets, flat, packet)


def _sheet(file: OpenRaster, part: Part | Group, flat: Photo, number: str) -> Sheet | Sheaf:
    if isinstance(part, Group):
        children = tuple(
            _sheet(file, child, flat, f"{number}-{i}") for i, child in enumerate(part.parts)
        )
        return Sheaf(part.name, children, part.visible, part.opacity)
    src = f"data/layer-{number}.png"
    file.add(src, partial(write_png, pixels=_with_alpha(part), icc=flat.icc))
    return Sheet(part.name, src, part.at, part.opacity, part.visible)


def _with_alpha(part: Part) -> NDArray[Any]:
    """RGBA; RGB where all of it is to be seen."""
    alpha = part.alpha if part.mask is None else part.mask
    return part.pixels if alpha is None else np.dstack([part.pixels, alpha])

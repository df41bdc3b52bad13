"""What lies under the pointer, in a line for the status bar."""

from __future__ import annotations

from engine.labels import CLASSES
from hs_desktop.canvas.events import Readout
from hs_desktop.i18n import _


def readout_text(readout: Readout | None) -> str:
    """``1204, 833 · 182 144 121 · hair``; the colour in the photo's own profile and depth."""
    if readout is None:
        return ""
    parts = [_("{x}, {y}").format(x=readout.pixel[0], y=readout.pixel[1])]
    if readout.colour is not None:
        parts.append(" ".join(str(level) for level in readout.colour))
    if readout.class_id is not None and readout.class_id < len(CLASSES):
        parts.append(_(CLASSES[readout.class_id].name))
    if readout.mask is not None:
        parts.append(_("mask {percent} %").format(percent=round(100 * readout.mask)))
    return " · ".join(parts)

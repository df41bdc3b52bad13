"""Views that move together."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Viewport


class LinkedViews(QObject):
    """Where one view goes, the others follow: zoom, rotation, mirroring, the place in the photo.

    Photos of different sizes are linked by the relative place: their middles stay together.
    """

    def __init__(self, *views: CanvasView) -> None:
        super().__init__()
        self._views = views
        self._busy = False
        self._enabled = True
        for view in views:
            view.viewport_changed.connect(partial(self._follow, view))

    @property
    def enabled(self) -> bool:
        return self._enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        """From off to on, all go to where the first is."""
        was, self._enabled = self._enabled, enabled
        if enabled and not was and self._views:
            self._follow(self._views[0], self._views[0].viewport)

    def _follow(self, leader: CanvasView, viewport: Viewport) -> None:
        if self._busy or not self._enabled or leader.photo_size is None:
            return
        self._busy = True
        try:
            for view in self._views:
                if view is not leader and view.photo_size is not None:
                    if leader.fits:
                        view.fit()
                    else:
                        view.set_viewport(view.viewport.like(viewport))
        finally:
            self._busy = False

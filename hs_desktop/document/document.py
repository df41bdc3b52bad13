"""The project that is open: its state, who watches it, and what the engine is asked from it.

User action -> command -> the state changes -> observers repaint. Belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import proxy

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from engine.errors import RequestError
from engine.labels import HEAD, mask_of
from engine.requests import HeadTransform, RetouchRequest, SwapRequest
from hs_desktop.document.compositing import Flattener, base_photo
from hs_desktop.document.events import Change, Side
from hs_desktop.document.findings import Findings
from hs_desktop.document.history import History
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, MaskRole
from hs_desktop.document.planes import Plane
from hs_desktop.document.settings import SwapSettings
from hs_desktop.document.stack import LayerStack
from hs_desktop.document.state import ProjectState
from hs_desktop.document.strokes import Stroke
from hs_desktop.document.thumbnails import layer_thumbnail
from hs_desktop.document.undo import Command
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.imageio import Photo
    from engine.requests import Mask


class Document:
    """A project and its history.

    Args:
        state: to begin with.
        path: the file it was read from.
        undo_budget: bytes of pixels that the history may hold on to.

    Attributes:
        changed: emits a ``Change`` after each change; those that observers cause in turn are
            told when everybody has heard of the first.
        history: the undo stack.
        path: the project's file, ``None`` before it has one.
    """

    changed = Signal(Change, reemission="queued")

    def __init__(
        self,
        state: ProjectState | None = None,
        path: Path | None = None,
        undo_budget: int = 256 << 20,
    ) -> None:
        self._state = state or ProjectState()
        self._flattener = Flattener()
        self._stroke: Stroke | None = None
        self.path = path
        self.serial = 0
        # Weakly: what it held goes with a document that is given up, not with the garbage
        # collector's next full round.
        me = proxy(self)
        self.history = History(
            lambda: me._state,
            lambda state, command: me._become(state, command),
            lambda: me.settle(),
            undo_budget,
        )

    # --- reading -------------------------------------------------------------------------------

    @property
    def state(self) -> ProjectState:
        return self._state

    @property
    def head(self) -> LayerStack:
        return self._state.head

    @property
    def body(self) -> LayerStack:
        return self._state.body

    @property
    def result(self) -> LayerStack:
        return self._state.result

    @property
    def transform(self) -> HeadTransform:
        return self._state.transform

    @property
    def settings(self) -> SwapSettings:
        return self._state.settings

    @property
    def is_modified(self) -> bool:
        """Whether something would be lost without saving."""
        return self.is_painted_on or not self.history.is_clean

    @property
    def is_painted_on(self) -> bool:
        """Whether a stroke is open, which may hold on to any plane of its layer."""
        return self._stroke is not None and self._stroke.is_open

    def layer(self, layer_id: str) -> Layer:
        """A layer of any side; ``KeyError`` where there is no such layer."""
        return self._state.layer(layer_id)

    def photo(self, side: Side) -> Photo | None:
        """What is to be seen of a side, flattened; ``None`` without a photo in it.

        The same object until something changes.
        """
        return self._flattener.photo(self._state, side)

    @property
    def has_photos(self) -> bool:
        """Whether there are a head and a body to be seen, as a swap needs them."""
        return all(base_photo(self._state, side) is not None for side in (Side.HEAD, Side.BODY))

    def thumbnail(self, layer_id: str, longest: int = 96) -> NDArray[np.uint8]:
        """A small picture of a layer: H x W x 4 RGBA uint8 sRGB, ``longest`` pixels a side."""
        return layer_thumbnail(self.layer(layer_id), longest)

    # --- changing ------------------------------------------------------------------------------

    def do(self, command: Command) -> None:
        """Do an undoable command.

        Raises:
            LayerError: it can't be done, a layer being locked; nothing has changed.
            KeyError: it is about a layer that isn't there.
        """
        self.history.do(command)

    def undo(self) -> bool:
        """``False`` where there is nothing to undo."""
        return self.history.undo()

    def redo(self) -> bool:
        """``False`` where there is nothing to redo."""
        return self.history.redo()

    def stroke(self, layer_id: str, name: str, key: Hashable = None) -> Stroke:
        """Begin to edit a layer's pixels; a stroke still open is finished.

        Args:
            layer_id: of the layer.
            name: of the undo command, in the user's language.
            key: successive strokes on the layer with the same key become one command.

        Raises:
            LayerError: the layer is locked.
        """
        self.settle()
        self._stroke = Stroke(self, layer_id, name, key)
        return self._stroke

    def learn(self, findings: Findings) -> None:
        """Take up what the engine has found; no command, and no reason to save."""
        self._state = replace(self._state, findings=findings)

    def settle(self) -> None:
        """Finish the stroke that is open, if there is one."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            stroke.finish()

    def tell(self, changes: list[Change]) -> None:
        """Tell observers; for commands and strokes."""
        self.serial += 1
        for change in changes:
            self.changed.emit(change)

    def _become(self, state: ProjectState, command: Command | None) -> None:
        # A photo that undo puts back is still known; what is known is no step to be undone.
        before, after = self._state, replace(state, findings=_known(self._state, state))
        self._state = after
        self.tell([] if command is None else command.changes(before, after))

    # --- asking the engine ---------------------------------------------------------------------

    def swap_request(self, settings: SwapSettings | None = None) -> SwapRequest:
        """The swap as the project stands.

        The topmost layout of each side counts where the user changed it (that of the result goes
        along with the head where that has moved since), and so do the head's
        topmost mask of the head and the result's of the region: unchanged, the engine makes its
        own.

        Args:
            settings: instead of the project's.

        Raises:
            RequestError: a photo is missing.
        """
        head, body = self.photo(Side.HEAD), self.photo(Side.BODY)
        if head is None:
            raise RequestError(_("Open a head photo first."), subject="head")
        if body is None:
            raise RequestError(_("Open a body photo first."), subject="body")
        state = self._state
        settings = settings or state.settings
        painted = self._painted_layout(Side.RESULT)
        return SwapRequest(
            head=head,
            body=body,
            head_at=state.head_at,
            body_at=state.body_at,
            transform=state.transform,
            sampling=settings.sampling,
            keep_background=settings.keep_background,
            layout=None if painted is None else painted.painted(),
            layout_transform=None if painted is None else painted.transform,
            region=self._mask_override(Side.RESULT, MaskRole.REGION),
            feather=settings.feather,
            variations=settings.variations,
            head_layout=self._layout_override(Side.HEAD),
            body_layout=self._layout_override(Side.BODY),
            head_mask=self._mask_override(Side.HEAD, MaskRole.HEAD),
            complete=settings.complete,
            match_grain=settings.match_grain,
            match_skin=settings.match_skin,
            head_skin=settings.head_skin,
            body_skin=settings.body_skin,
            match_light=settings.match_light,
        )

    def retouch_request(self, mask_id: str) -> RetouchRequest:
        """Make anew what a mask layer of the result shows.

        Raises:
            RequestError: there is no photo yet.
        """
        layer = self.layer(mask_id)
        if not isinstance(layer, MaskLayer):
            raise ValueError(f"{layer.name} is no mask")
        photo = self.photo(self._state.side_of(mask_id))
        if photo is None:
            raise RequestError(_("Open a photo first."), subject=layer.name)
        return RetouchRequest(
            photo=photo,
            mask=layer.combined(),
            layout=self._layout_override(Side.RESULT),
            sampling=self.settings.sampling,
            feather=self.settings.feather,
            variations=self.settings.variations,
            complete=self.settings.complete,
            match_grain=self.settings.match_grain,
            match_skin=self.settings.match_skin,
        )

    def _painted_layout(self, side: Side) -> LayoutLayer | None:
        """The layout that counts, if the user changed it."""
        for layer in reversed(self._state.stack(side).layers):
            if isinstance(layer, LayoutLayer):
                return layer if layer.is_edited else None
        return None

    def _layout_override(self, side: Side) -> NDArray[np.uint8] | None:
        """A copy: the user may go on painting while the engine reads it."""
        layer = self._painted_layout(side)
        return None if layer is None else layer.ids.pixels.copy()

    def _mask_override(self, side: Side, role: MaskRole) -> Mask | None:
        for layer in reversed(self._state.stack(side).layers):
            if isinstance(layer, MaskLayer) and layer.role is role:
                return self._mask(layer, side) if layer.is_edited else None
        return None

    def _mask(self, layer: MaskLayer, side: Side) -> Mask:
        """A mask as it counts; that of the head follows the painted layout, too."""
        painted = self._painted_layout(side) if layer.role is MaskRole.HEAD else None
        if painted is None or painted.size != layer.size:
            return layer.combined()
        levels = mask_of(painted.ids.pixels, HEAD).view(np.uint8)
        levels *= 255
        return replace(layer, automatic=Plane(levels, copy=False)).combined()


def _known(before: ProjectState, after: ProjectState) -> Findings:
    """What is known before goes for a copy that becomes the head or body photo, too."""
    findings = before.findings
    for side in (Side.HEAD, Side.BODY):
        one, other = before.photo_layer(side), after.photo_layer(side)
        if one is not None and other is not None and one is not other and one.photo is other.photo:
            findings = findings.with_copy(one.id, other.id)
    return findings

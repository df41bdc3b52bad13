"""What the engine gives, as layers. Made aside: of large photos that takes some tenths of a second.

Nothing here looks at a document; ``results`` puts these layers into one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.labels import HEAD, IGNORE, mask_of
from engine.requests import HeadTransform, RetouchRequest, SwapRequest
from engine.sentences import Sentence
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, MaskRole
from hs_desktop.document.planes import Plane
from hs_desktop.document.settings import Fitting
from hs_desktop.document.variation import Variation

if TYPE_CHECKING:
    from engine.labels import Layout
    from engine.requests import Result


@dataclass(frozen=True)
class ParsedLayers:
    """What a photo was parsed into.

    Attributes:
        layout: its classes.
        head: of the head photo: the mask of what is taken from it.
    """

    layout: LayoutLayer
    head: MaskLayer | None

    @classmethod
    def of(cls, side: Side, layout: Layout) -> ParsedLayers:
        """May be called from any thread."""
        made, head = LayoutLayer.of(Sentence("Layout"), layout), None
        if side is Side.HEAD:
            levels = mask_of(layout, HEAD).view(np.uint8)
            levels *= 255
            head = MaskLayer.of(Sentence("Head mask"), MaskRole.HEAD, made.size, levels)
            head = replace(head, visible=False)
        return cls(made, head)


@dataclass(frozen=True)
class ResultLayers:
    """What was made for a request.

    Attributes:
        request: what was asked.
        variations: of each result.
        layout: the engine's own of the result, if it made one; not visible, for it is there to
            be painted on, not to hide the picture.
        region: what it chose to generate, if the choice was its own; not visible.
        painted: the layout's ids under what was painted, where the head is now; if it was.
    """

    request: SwapRequest | RetouchRequest
    variations: tuple[Variation, ...]
    layout: LayoutLayer | None = None
    region: MaskLayer | None = None
    painted: Plane | None = None

    @classmethod
    def of(cls, request: SwapRequest | RetouchRequest, results: Sequence[Result]) -> ResultLayers:
        """May be called from any thread."""
        base = request.body if isinstance(request, SwapRequest) else request.photo
        first = results[0]
        fitting = Fitting.of(request)
        variations = tuple(
            Variation.of_result(
                Sentence("Seed {seed}", seed=result.seed), result, request.sampling, base, fitting
            )
            for result in results
        )
        if not isinstance(request, SwapRequest):
            return cls(request, variations)
        layout, region, painted = first.own_layout, None, None
        if layout is None and request.layout is None:
            layout = first.layout
        if first.own_layout is not None and first.painted is not None:
            ids = np.where(first.painted == IGNORE, first.own_layout, first.painted)
            painted = Plane(ids, copy=False)
        generated = first.region if first.generated is None else first.generated
        if request.region is None and generated is not None:
            size = base.size
            region = replace(
                MaskLayer.of(Sentence("Region"), MaskRole.REGION, size, generated), visible=False
            )
        made = None if layout is None else _hidden(layout, request.transform)
        return cls(request, variations, made, region, painted)


def _hidden(layout: Layout, transform: HeadTransform) -> LayoutLayer:
    return replace(LayoutLayer.of(Sentence("Layout"), layout), transform=transform, visible=False)

"""Class probabilities made a layout."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.labels import HEAD, NUM_CLASSES, SemanticClass, mask_of
from engine.parsing.deciding import likeliest


def test_a_head_of_which_nobody_knows_what_it_wears_is_a_head() -> None:
    p = np.zeros((NUM_CLASSES, 1, 2), np.float32)
    p[SemanticClass.BACKGROUND] = 0.4
    p[SemanticClass.HAIR, 0] = 0.35, 0.1
    p[SemanticClass.HAT, 0] = 0.25, 0.1
    p[SemanticClass.UPPER_CLOTHES, 0] = 0, 0.4 - 1e-3
    assert likeliest(p).tolist() == [[SemanticClass.HAIR, SemanticClass.BACKGROUND]]


@given(arrays.arrays(np.float32, (NUM_CLASSES, 3, 4), elements=st.floats(0, 1, width=32)))
def test_the_likelier_group_then_the_likeliest_class_of_it(p: np.ndarray) -> None:
    layout = likeliest(p)
    assert layout.dtype == np.uint8
    is_head = mask_of(layout, HEAD)
    heads = [int(c) for c in HEAD]
    share = p[heads].sum(0) - np.delete(p, heads, axis=0).sum(0)
    assert (share[is_head] >= -1e-5).all()
    assert (share[~is_head] <= 1e-5).all()
    for row, column in np.ndindex(layout.shape):
        own = layout[row, column]
        group = heads if is_head[row, column] else sorted(set(range(NUM_CLASSES)) - set(heads))
        assert p[own, row, column] == p[group, row, column].max()

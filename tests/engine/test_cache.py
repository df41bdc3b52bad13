"""What is kept of the stages, and how contents are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cache import RECENT, StageCache, content_hash, size_of
from engine.engine import JobState
from engine.imageio import Photo
from engine.requests import SamplingSettings


def test_cache_drops_the_least_recently_used() -> None:
    cache = StageCache(2500)
    made: list[str] = []

    def get(key: str, size: int = 1000) -> bool:
        def make() -> np.ndarray:
            made.append(key)
            return np.zeros(size, dtype=np.uint8)

        value, hit = cache.get_or_make(key, make)
        assert value.size == size
        return hit

    assert [get("a"), get("b"), get("a"), get("c")] == [False, False, True, False]
    assert ("a" in cache, "b" in cache, "c" in cache) == (True, False, True)
    assert (len(cache), cache.nbytes) == (2, 2000)
    assert not get("large", 3000)
    assert "large" not in cache
    assert len(cache) == 2
    cache.clear()
    assert (len(cache), cache.nbytes) == (0, 0)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_make("d", lambda: 1 / 0)
    assert "d" not in cache


def test_size_counts_what_is_held() -> None:
    pixels = np.zeros((100, 100, 3), dtype=np.uint8)
    assert size_of(Photo(pixels)) >= 30_000
    assert size_of([pixels, pixels[:1], {"a": pixels}]) < 31_000
    assert size_of(pixels[:1].copy()) == 300


def test_content_hash_tells_contents_apart() -> None:
    array = np.arange(6, dtype=np.uint8)
    contents = [
        None, True, False, 0, 1, 1.0, -1, 2**70, "1", b"1", "", b"", (), ((),), ("a", "b"), ("ab",),
        array, array.astype(np.int8), array.reshape(2, 3), array[:0], array[::2], {"a": 1},
        {"a": 2}, {1}, {1, 2}, SamplingSettings(), SamplingSettings(seed=1), JobState.DONE,
        Photo(np.zeros((16, 16, 3), np.uint8)), Photo(np.zeros((16, 16, 3), np.uint8), icc=b"x"),
    ]  # fmt: skip
    assert len({content_hash(c) for c in contents}) == len(contents)
    assert content_hash("a", "b") != content_hash("ab")
    assert content_hash(1, 2) == content_hash(1, 2)
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash(array[::2]) == content_hash(array[::2].copy())
    assert content_hash(np.float32(0.5)) == content_hash(0.5)
    same = [Photo(np.zeros((16, 16, 3), np.uint8)) for _ in range(2)]
    assert content_hash(same[0]) == content_hash(same[1])
    with pytest.raises(TypeError, match="object"):
        content_hash(object())
    with pytest.raises(TypeError, match="objects"):
        content_hash(np.array([None]))


def test_of_a_slot_only_the_last_are_kept() -> None:
    cache = StageCache(1 << 20)
    cache.get_or_make("stays", lambda: np.zeros(100, np.uint8))
    one = cache.nbytes
    for k in range(10):
        cache.get_or_make(f"seed {k}", lambda: np.zeros(100, np.uint8), slot="seeds")
    assert len(cache) == 1 + RECENT
    assert cache.nbytes == one * (1 + RECENT)
    assert "stays" in cache
    assert "seed 9" in cache
    assert "seed 5" not in cache
    assert cache.get_or_make("seed 9", lambda: None, slot="seeds")[1]
    cache.clear()
    assert cache.nbytes == 0

"""Stage results kept under the hash of what went into them.

``content_hash`` turns the inputs of a stage into a key, ``StageCache`` keeps what the stage
made, the least recently used result leaving first once a budget of bytes is used up.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any, Protocol, TypeVar

import numpy as np

T = TypeVar("T")

RECENT = 4  # results of a slot


def content_hash(*parts: object) -> str:
    """A key for ``parts``: equal content gives an equal key, in every process.

    Begin with the name of what is computed, so that two stages with the same input never
    share a key: ``content_hash("parse", photo, at)``.

    Args:
        parts: ``None``, numbers, strings, bytes, paths, enum members, numpy arrays,
            dataclasses, sequences, mappings and sets of these. An object with a
            ``content_key`` (a photo) stands for it.

    Raises:
        TypeError: a part is of a kind whose content isn't known.
    """
    digest = hashlib.blake2b(digest_size=20)
    _feed(digest, parts)
    return digest.hexdigest()


def _feed(digest: hashlib.blake2b, part: Any) -> None:
    """Add ``part`` with its kind and length, so that no two contents look alike."""

    def add(kind: str, data: bytes | memoryview) -> None:
        digest.update(f"{kind}:{len(data)}:".encode())
        digest.update(data)

    if isinstance(part, np.generic):
        part = part.item()
    if part is None or isinstance(part, bool):
        add("constant", repr(part).encode())
    elif isinstance(part, Enum):
        add("enum", f"{type(part).__qualname__}.{part.name}".encode())
    elif isinstance(part, int):
        add("int", str(part).encode())
    elif isinstance(part, float):
        add("float", struct.pack("<d", part))
    elif isinstance(part, str | PurePath):
        add("text", str(part).encode("utf-8", "surrogatepass"))
    elif isinstance(part, bytes | bytearray | memoryview):
        add("bytes", bytes(part))
    elif isinstance(part, np.ndarray):
        if part.dtype.hasobject:
            raise TypeError("an array of objects has no content that could be hashed")
        add("array", f"{part.dtype.str}{part.shape}".encode())
        add("data", np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    elif (key := getattr(part, "content_key", None)) is not None:
        add("key", type(part).__qualname__.encode())
        _feed(digest, key)
    elif is_dataclass(part) and not isinstance(part, type):
        add("dataclass", type(part).__qualname__.encode())
        for f in fields(part):
            add("field", f.name.encode())
            _feed(digest, getattr(part, f.name))
    elif isinstance(part, Mapping):
        _feed_unordered(digest, "mapping", part.items())
    elif isinstance(part, Set):
        _feed_unordered(digest, "set", part)
    elif isinstance(part, list | tuple):
        add("sequence", str(len(part)).encode())
        for item in part:
            _feed(digest, item)
    else:
        raise TypeError(f"no content hash for {type(part).__qualname__}")


def _feed_unordered(digest: hashlib.blake2b, kind: str, items: Iterable[object]) -> None:
    keys = sorted(content_hash(item) for item in items)
    _feed(digest, [kind, *keys])


def size_of(value: object) -> int:
    """Bytes that ``value`` holds on to; what is reached twice counts once."""
    seen: set[int] = set()
    total = 0
    rest: list[Any] = [value]
    while rest:
        item = rest.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, np.ndarray) and item.base is not None:
            rest.append(item.base)  # a view keeps all of its base alive
        elif isinstance(nbytes := getattr(item, "nbytes", None), int):
            total += nbytes  # arrays and tensors
        else:
            total += sys.getsizeof(item)
            if isinstance(item, Mapping):
                rest += [*item.keys(), *item.values()]
            elif isinstance(item, list | tuple | Set):
                rest += item
            elif is_dataclass(item) and not isinstance(item, type):
                rest += [getattr(item, f.name) for f in fields(item)]
    return total


class Cached(Protocol):
    """What ``make`` makes of these ``parts``, made once.

    Args of a call:
        make: a plain function of the parts.
        name: of what it does.
        parts: everything that goes into it, see ``content_hash``.
        slot: see ``StageCache.get_or_make``.
    """

    def __call__(
        self, make: Callable[[], T], name: str, /, *parts: object, slot: str | None = None
    ) -> T: ...


class StageCache:
    """Results by key, within a budget of bytes; safe to use from several threads.

    What comes out is the very object that went in, shared by all who ask: nobody may
    change it.

    Args:
        byte_budget: results that don't fit any more are dropped, the least recently used
            first; one that is larger than the whole budget isn't kept at all.
    """

    def __init__(self, byte_budget: int) -> None:
        self._budget = byte_budget
        self._items: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._nbytes = 0
        self._recent: dict[str, deque[str]] = {}
        self._lock = threading.Lock()

    def get_or_make(
        self, key: str, make: Callable[[], T], *, slot: str | None = None
    ) -> tuple[T, bool]:
        """The result under ``key``, made if it isn't there; and whether it was there.

        Where ``make`` raises, nothing is kept.

        Args:
            slot: results of a kind of which only the last ``RECENT`` made are kept: those that
                depend on a seed would fill the budget.
        """
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key][0], True
        value = make()
        self._put(key, value)
        if slot is not None:
            self._keep_recent(key, slot)
        return value, False

    def _keep_recent(self, key: str, slot: str) -> None:
        with self._lock:
            keys = self._recent.setdefault(slot, deque())
            if key in keys:
                keys.remove(key)
            keys.append(key)
            while len(keys) > RECENT:
                _, size = self._items.pop(keys.popleft(), (None, 0))
                self._nbytes -= size

    def _put(self, key: str, value: object) -> None:
        size = size_of(value)
        with self._lock:
            if key in self._items:
                self._nbytes -= self._items.pop(key)[1]
            if size > self._budget:
                return
            self._items[key] = value, size
            self._nbytes += size
            while self._nbytes > self._budget:
                _, (_, dropped) = self._items.popitem(last=False)
                self._nbytes -= dropped

    def clear(self) -> None:
        with self._lock:
            self._items.clear()
            self._recent.clear()
            self._nbytes = 0

    @property
    def nbytes(self) -> int:
        return self._nbytes

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)

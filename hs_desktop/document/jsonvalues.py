"""JSON read by type: what isn't as it should be is a ``KeyError`` or ``ValueError``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def dumps(value: object) -> bytes:
    """Compact JSON in ASCII, the same for the same content; NaN and infinity are refused."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def loads(data: bytes) -> dict[str, Any]:
    """A JSON object; raises ``ValueError`` where it is something else."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} in JSON")

    value = json.loads(data, parse_constant=refuse)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


class Fields:
    """A JSON object whose values are asked for by name and type."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r:.40} in place of an object")
        self._values: dict[str, Any] = value

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """``read(key)``, or ``None`` where that is what stands there or nothing does."""
        return None if self._values.get(key) is None else read(key)

    def object(self, key: str) -> Fields:
        return Fields(self._values[key])

    def mapping(self, key: str) -> dict[str, Any]:
        """An object as it is."""
        return self._typed(key, dict)

    def items(self, key: str) -> list[Any]:
        return self._typed(key, list)

    def text(self, key: str) -> str:
        return self._typed(key, str)

    def texts(self, key: str) -> list[str]:
        values = self.items(key)
        if not all(isinstance(value, str) for value in values):
            raise ValueError(f"{key} holds something else than texts")
        return values

    def boolean(self, key: str) -> bool:
        return self._typed(key, bool)

    def integer(self, key: str) -> int:
        value = self._values[key]
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{key} is {value!r:.40}")
        return value

    def number(self, key: str) -> float:
        """As it is written: an integer stays one."""
        return _number(self._values[key])

    def numbers(self, key: str, count: int | None = None) -> tuple[float, ...]:
        values = tuple(_number(value) for value in self.items(key))
        if count is not None and len(values) != count:
            raise ValueError(f"{key} holds {len(values)} numbers")
        return values

    def integers(self, key: str, count: int) -> tuple[int, ...]:
        values = self.numbers(key, count)
        if not all(isinstance(value, int) for value in values):
            raise ValueError(f"{key} holds fractions")
        return tuple(int(value) for value in values)

    def _typed(self, key: str, kind: type[T]) -> T:
        value = self._values[key]
        if not isinstance(value, kind):
            raise ValueError(f"{key} is {value!r:.40}")
        return value


def _number(value: object) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not abs(value) <= sys.float_info.max  # integers may be larger than any float
    ):
        raise ValueError(f"{value!r:.40} in place of a number")
    return value

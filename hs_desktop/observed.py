"""Attributes whose changes are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class Observed(Generic[T]):
    """An attribute; when it is given another value than it has, that is told.

    Its first value comes from the constructor of the object, and is told nobody. ::

        class Look:
            changed = Signal()
            opacity = Observed[float](lambda look: look.changed.emit(), keep=fraction)

            def __init__(self) -> None:
                self.opacity = 0.5

    Args:
        tell: called with the object when the attribute has another value.
        keep: makes of a value what is kept of it.
    """

    def __init__(
        self, tell: Callable[[Any], object], keep: Callable[[T], T] = lambda value: value
    ) -> None:
        self._tell, self._keep = tell, keep
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        try:
            value: T = instance.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None
        return value

    def __set__(self, instance: object, value: T) -> None:
        value = self._keep(value)
        values = instance.__dict__
        is_first = self._name not in values
        if is_first or value != values[self._name]:
            values[self._name] = value
            if not is_first:
                self._tell(instance)


def fraction(value: float) -> float:
    """The nearest number within 0..1."""
    return min(max(value, 0.0), 1.0)

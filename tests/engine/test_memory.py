"""Memory that goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from engine import memory


class Trim:
    """Takes glibc's place."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.calls: list[int] = []

    def open(self, name: str) -> SimpleNamespace:
        self.opened.append(name)
        return SimpleNamespace(malloc_trim=self)

    def __call__(self, pad: int) -> None:
        self.calls.append(pad)


@pytest.fixture(autouse=True)
def _opened_anew() -> Iterator[None]:
    memory._malloc_trim.cache_clear()
    yield
    memory._malloc_trim.cache_clear()


def test_the_library_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trim = Trim()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", trim.open)
    for _ in range(3):
        memory.release_unused()
    assert len(trim.opened) == 1
    assert trim.calls == [0, 0, 0]


def _none(name: str) -> SimpleNamespace:
    raise OSError(name)


@pytest.mark.parametrize("library", [_none, lambda name: SimpleNamespace()])
def test_other_c_libraries_have_nothing_to_give(
    library: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", library)
    memory.release_unused()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_left_alone(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trim = Trim()
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", trim.open)
    memory.release_unused()
    assert trim.opened == []

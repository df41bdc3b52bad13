"""Memory that nobody uses any more, back to the system."""

from __future__ import annotations

import ctypes
import logging
import sys
from functools import cache
from typing import Any

log = logging.getLogger(__name__)


def release_unused() -> None:
    """Give back what the allocator keeps for later; some 10 ms, nothing without glibc.

    After a swap that may be a hundred megabytes, which other programs could use.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Any:
    """glibc's function; ``None`` where there is another C library."""
    if sys.platform != "linux":
        return None
    try:
        trim = ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        log.debug("no malloc_trim")
        return None
    trim.argtypes = [ctypes.c_size_t]
    return trim

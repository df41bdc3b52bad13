"""Memory that nobody uses any more, back to the system."""

from __future__ import annotations

import ctypes
import logging
import sys

log = logging.getLogger(__name__)


def release_unused() -> None:
    """Give back what the allocator keeps for later; some 10 ms, nothing without glibc.

    After a swap that may be a hundred megabytes, which other programs could use.
    """
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # another C library
        log.debug("no malloc_trim")

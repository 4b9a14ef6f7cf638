# SPDX-License-Identifier: Apache-2.0
"""Memory that is freed is kept for the next frame, and what is there for good is not looked through again and again.

glibc gives the memory of large arrays back to the system as soon as they are freed, and the next frame's arrays then
cost a page fault for each 4 KiB: more than half of the time that levelling a frame takes.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc

#: Of malloc.h: at how many free bytes at the end of the heap they are given back; from which size on an array has pages
#: of its own.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGE = 256 << 20, 32 << 20


def keep_freed_memory() -> None:
    """For this whole process: programs call it when they start, libraries do not. Without glibc it does nothing."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)


def spare_what_is_loaded() -> None:
    """For this whole process: Python's collector of garbage never looks at what is there now, modules for the most.

    They are hundreds of thousands of objects, and each look at all of them stops every thread for a tenth of a second.
    """
    gc.collect()
    gc.freeze()

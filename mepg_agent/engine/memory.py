"""Keep freed memory instead of handing it back to the system after every tensor.

glibc serves large blocks by mmap and returns them at once, so each tensor costs page faults: on a virtual machine a
denoising step then spends most of its time in the kernel (docs/log.md has the figure).
"""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8  # malloc.h
_MEBIBYTE = 1 << 20


def keep_freed_memory() -> bool:
    """Tell glibc so for this process; returns False where there is no glibc."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    settings = (
        (_M_ARENA_MAX, 1),
        (_M_MMAP_MAX, 0),
        (_M_TRIM_THRESHOLD, 1536 * _MEBIBYTE),
        (_M_TOP_PAD, 64 * _MEBIBYTE),
    )
    return all(mallopt(name, value) == 1 for name, value in settings)

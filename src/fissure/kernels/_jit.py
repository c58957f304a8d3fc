"""The one decorator of every kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["jit"]


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first call, keep the machine code on disk, release the GIL.

    No ``fastmath``: it deletes NaN checks. No ``parallel``: kernels are serial over a shard and run
    in a thread pool, because numba's own threading layers cost more than they gave.
    """
    return numba.njit(cache=True, nogil=True)(function)

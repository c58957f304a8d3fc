"""The one decorator of every kernel, and how a kernel asks for memory ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.core import cgutils
from numba.extending import intrinsic, overload

__all__ = ["jit", "jit_sums", "prefetch"]


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first call, keep the machine code on disk, release the GIL.

    No ``fastmath``: it deletes NaN checks (but see :func:`jit_sums`). No ``parallel``: kernels are
    serial over a shard and run in a thread pool, because numba's own threading layers cost more
    than they gave.
    """
    return numba.njit(cache=True, nogil=True)(function)


def jit_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`jit`, for sums whose order is free: several terms at once.

    NaN and infinities stay what they are. With the two flags a pass over a table of 102 actors and
    645 items takes 0.08 ms in place of 0.16 (:func:`fissure.kernels.hamilton.wander`'s forces).
    """
    return numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})(function)


def prefetch(array: np.ndarray, r: int, c: int) -> None:
    """Ask for the memory of ``array[r, c]`` ahead of its use; changes nothing, checks nothing.

    For kernels that know long before where they will look next. Without compilation a blank.
    """


@intrinsic
def _prefetch(context, array, r, c):  # type: ignore[no-untyped-def]
    ir = cgutils.ir  # type: ignore[attr-defined]  # the very llvmlite that numba builds with

    def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
        view = context.make_array(array)(context, builder, args[0])
        item = cgutils.get_item_pointer
        where = item(context, builder, array, view, args[1:])  # type: ignore[no-untyped-call]
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        call = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        )
        read, keep, data = number(0), number(3), number(1)
        builder.call(call, [builder.bitcast(where, byte), read, keep, data])
        return context.get_dummy_value()

    return numba.void(array, numba.intp, numba.intp), build


@overload(prefetch)
def _compiled(array, r, c):  # type: ignore[no-untyped-def]
    return lambda array, r, c: _prefetch(array, r, c)  # type: ignore[call-arg]

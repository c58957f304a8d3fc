"""Work spread over processes: most of it is thousands of small NumPy calls that hold the GIL."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from fissure.errors import SettingError

__all__ = ["check_workers", "spread"]

Task = TypeVar("Task")
Done = TypeVar("Done")


def check_workers(workers: object) -> None:
    """Refuse a number of processes that cannot be.

    Raises
    ------
    SettingError
        If it is neither None nor a whole number of 1 or more.
    """
    if workers is not None and not (type(workers) is int and workers >= 1):
        raise SettingError(f"workers must be a whole number of 1 or more, got {workers!r}")


def spread(
    do: Callable[[Task], Done],
    tasks: Iterable[Task],
    workers: int | None,
    in_order: bool = True,
) -> Iterator[Done]:
    """What ``do`` gives for each task, in as many processes as wanted.

    Parameters
    ----------
    do
        A function of a module, which other processes can import.
    tasks
        What it is called with.
    workers
        Processes; one for each core without it. With 1 there is no other process.
    in_order
        Whether answers come in the order of the tasks; otherwise as they are ready.
    """
    if workers == 1:
        yield from map(do, tasks)
        return
    from joblib import Parallel, delayed

    given = "generator" if in_order else "generator_unordered"
    pool = Parallel(n_jobs=workers or -1, return_as=given, initializer=_leave_interrupts)
    yield from pool(delayed(do)(task) for task in tasks)


def _leave_interrupts() -> None:
    """An interruption is the business of the process that waits, not of those that work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

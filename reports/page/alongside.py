"""Work of a single core that runs in another process while this one goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from joblib import Parallel, delayed

_T = TypeVar("_T")


def begin(work: Callable[[], _T], processes: int) -> Callable[[], _T]:
    """Start `work`, a module's function whose result can be pickled; what is returned waits for that result.

    Where there is one process only, the work is done in this one when its result is asked for.
    """
    if processes == 1:
        return work
    pending: Any = Parallel(n_jobs=processes, return_as="generator")([delayed(work)()])
    return lambda: next(pending)

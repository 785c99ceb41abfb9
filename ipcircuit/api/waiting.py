"""How a function of Python tells how far it is."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

#: None: a bar on standard error where that is a terminal and the work takes longer than a second. False: nothing.
#: True: a bar, or a line now and then where there is no terminal. Or a function that is called with (done, total).
Waiting = Callable[[int, int], None] | bool | None


@contextlib.contextmanager
def shown_progress(progress: Waiting, label: str) -> Iterator[Callable[[int, int], None] | None]:
    """What to report to, as `progress` says."""
    if callable(progress):
        yield progress
    elif progress or (progress is None and sys.stderr is not None and sys.stderr.isatty()):
        from ipcircuit.cli.progress import progress_bar

        with progress_bar(label) as report:
            yield report
    else:
        yield None

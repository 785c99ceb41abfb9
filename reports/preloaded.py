"""What the workers of a report have imported when they start: modules of circuits and sections, and what draws.

Imported by the server that they are forked from, and by no other process.
"""

from __future__ import annotations

import os
from importlib import import_module

from ipcircuit.families import BUILT_IN, CIRCUITS, SECTIONS
from ipcircuit.spice.workers import SINGLE_THREADED

os.environ.update(SINGLE_THREADED)  # the workers take the cores; read when numpy and torch are imported

starter = os.getppid()
ours = [
    entry.target.partition(":")[0] for entry in (*CIRCUITS.entries(), *SECTIONS.entries()) if entry.source == BUILT_IN
]
for module in (*ours, "altair", "reports.site.parts"):
    import_module(module)
    if os.getppid() != starter:  # it ended meanwhile, and wants no workers any more
        os._exit(1)

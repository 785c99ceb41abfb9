"""What the workers of a report have imported when they start: modules of circuits and sections, and what draws.

Imported by the server that they are forked from, and by no other process.
"""

from __future__ import annotations

import os
from importlib import import_module

from ipcircuit.families import BUILT_IN, CIRCUITS, SECTIONS
from ipcircuit.spice.workers import SINGLE_THREADED

os.environ.update(SINGLE_THREADED)  # the workers take the cores; read when numpy and torch are imported

for entry in (*CIRCUITS.entries(), *SECTIONS.entries()):
    if entry.source == BUILT_IN:
        import_module(entry.target.partition(":")[0])
for module in ("altair", "reports.site.parts"):
    import_module(module)

"""Lead of one output of a clocked comparator over the other: how near its input is to its threshold.

After the strobe both outputs rise together and apart, until regeneration takes over. The lead where their mean has
risen to `RISEN` of the supply is zero at the threshold, whatever moves that, and near it proportional to the distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ipcircuit.spice.transient import Transient

#: Of the supply, mean of both outputs; the sign of the lead is hardly another at 0.16 to 0.35.
RISEN = 0.2


def leads(run: Transient, yes: str, no: str, spans: Sequence[tuple[float, float]], v_dd: float) -> np.ndarray:
    """By how much (V) `yes` is above `no` where their mean first rises through `RISEN`, within each span (s).

    NaN where it does not.
    """
    mean, lead = (run[yes] + run[no]) / 2, run[yes] - run[no]
    level, found = RISEN * v_dd, []
    for begin, end in spans:
        inside = np.flatnonzero(
            (run.time[1:] > begin) & (run.time[1:] < end) & (mean[:-1] < level) & (mean[1:] >= level)
        )
        if not len(inside):
            found.append(np.nan)
            continue
        i = inside[0]
        part = (level - mean[i]) / (mean[i + 1] - mean[i])
        found.append(lead[i] + part * (lead[i + 1] - lead[i]))
    return np.array(found)

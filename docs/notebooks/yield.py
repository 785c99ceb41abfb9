# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Monte Carlo and yield
#
# No two transistors and no two tunnel junctions are alike. How far does the energy of one copy of
# a neuron differ from that of the next, and how many copies decide wrongly?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import ipcircuit

neuron = ipcircuit.load("comparator")
neuron

# %% [markdown]
# 400 random copies. All of them are simulated at a cheap fidelity (*screening*), the first sixty
# also at *reference*. Means, spreads and yield are those of the reference: their intervals
# include the correction.

# %%
copies = neuron.montecarlo(400, seed=1, reference=60)
low, high = copies.yield_interval
print(f"yield {100 * copies.share_working:.1f} % (95 %: {100 * low:.1f} to {100 * high:.1f} %)")

# %%
spread = copies.spreads()
pd.DataFrame(
    {
        name: {
            "as designed": s.typical,
            "mean": s.mean,
            "sigma": s.sigma,
            "sigma / mean (%)": 100 * s.sigma / s.mean,
        }
        for name, s in spread.items()
        if name.endswith("energy_per_operation_J")
    }
).T

# %% [markdown]
# ## Why copies fail
#
# Each read has a margin: the voltage by which the wrong decision was missed. Negative: the copy
# decides wrongly.

# %%
frame = copies.to_pandas()
screened = frame[frame.fidelity == "screening"]
margin_mV = 1e3 * screened.margin_V
figure, axes = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
axes[0].hist(margin_mV, bins=30, color="#0072B2")
axes[0].axvline(0, color="#D55E00", label="wrong on the left")
axes[0].set(xlabel="margin of the read (mV)", ylabel="copies")
axes[0].legend()
axes[1].plot(margin_mV, 1e9 * screened.circuit_energy_per_operation_J, ".", color="#0072B2")
_ = axes[1].set(xlabel="margin of the read (mV)", ylabel="energy per operation (nJ)")

# %% [markdown]
# The margin hangs on the thresholds of the sense inverter and on how the junction and its
# reference happen to match; the energy is that of the pulses through the junctions. How far the
# one tells of the other:

# %%
correlation = float(np.corrcoef(screened.margin_V, screened.circuit_energy_per_operation_J)[0, 1])
print(f"correlation of margin and energy: {correlation:+.2f}")

# %% [markdown]
# ## A design that yields
#
# By Pelgrom's law the threshold of a transistor deviates with one over the root of its area, and
# a reference of 4 × 4 pillars averages the spread of its junctions. `ipcircuit size` searches
# such designs; here is one, drawn by hand.

# %%
sized = neuron.configured(sense_width=5e-6, reference_rows=4)
better = sized.montecarlo(400, seed=2, reference=40)
rows = {}
for name, run in (("as published", copies), ("wide inverter, 4 × 4 pillars", better)):
    cost = run.typical.cost.scopes["circuit"]
    ends = run.yield_interval
    rows[name] = {
        "yield (%)": 100 * run.share_working,
        "low": 100 * ends[0],
        "high": 100 * ends[1],
        "energy (nJ)": 1e9 * cost.energy_per_operation_J,
        "area (µm²)": cost.area_um2,
    }
pd.DataFrame(rows).T.round(2)

# %% [markdown]
# The energy is the same, as nearly all of it goes through the junctions; area pays for the yield.
# Of 400 copies a yield of 99.9 % cannot be read: the interval says so. What fails once in a
# thousand is the business of `ipcircuit yield`, which draws copies where they fail and weighs
# them (`neuron.yield_()` in Python).

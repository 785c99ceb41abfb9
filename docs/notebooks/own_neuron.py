# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From your own neuron to its datasheet
#
# An empty folder, one command that writes a small neuron, and then what belongs on a datasheet:
# waveforms, the curve that was worked out by hand before, energy and area by component, process
# corners, random copies.

# %%
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import ipcircuit

os.chdir(tempfile.mkdtemp(prefix="own_neuron_"))  # files written below lie here

# %% [markdown]
# `ipcircuit new neuron` writes a file that runs as it is: Mead's axon-hillock neuron, an ordinary
# PySpice `SubCircuit` beside a statement of its supplies, its inputs, and what an operation is.

# %%
subprocess.run([sys.executable, "-m", "ipcircuit", "new", "neuron", "my_neuron"], check=True)
print(Path("my_neuron.py").read_text(encoding="utf-8"))

# %%
neuron = ipcircuit.load("my_neuron.py")
neuron

# %% [markdown]
# ## By hand first
#
# The input current I = 50 nA charges C_mem + C_fb = 100 fF. At half of the supply the output
# rises and takes the membrane along through C_fb; then the membrane is reset. Two numbers follow:
#
# - from the input's edge to the first spike: (C_mem + C_fb) V_DD / 2I,
# - from the supply for one spike: at least C_fb V_DD²; the inverters add to it.

# %%
membrane, feedback, supply, current = 60e-15, 40e-15, 0.8, 50e-9
latency_by_hand = (membrane + feedback) * supply / 2 / current
energy_by_hand = feedback * supply**2
f"{latency_by_hand * 1e9:.0f} ns, {energy_by_hand * 1e15:.1f} fJ"

# %% [markdown]
# ## Waveforms

# %%
axes = neuron.simulate().plot(["membrane", "output"])

# %% [markdown]
# ## Cost
#
# Energy, area and latency in three accounting scopes: what the source of the circuit counted
# (nothing here: there is no paper), everything in the circuit, and what stands around it.

# %%
cost = neuron.characterize().cost
cost.to_pandas()

# %%
parts = cost.scopes["circuit"].energy_breakdown_J
pd.DataFrame(
    {
        "by hand": [f"{latency_by_hand * 1e9:.0f} ns", f"at least {energy_by_hand * 1e15:.1f} fJ"],
        "simulated": [f"{cost.latency_s * 1e9:.0f} ns", f"{parts['vdd'] * 1e15:.1f} fJ"],
    },
    index=["input to first spike", "energy from the supply"],
)

# %% [markdown]
# The supply gives more than C_fb V_DD², as the first inverter draws a short-circuit current while
# the membrane climbs slowly through its threshold. The curve of the file's own hand calculation
# is judged against its tolerance:

# %%
neuron.check()

# %% [markdown]
# ## Corners
#
# Five process corners, three temperatures, three supplies.

# %%
corners = neuron.corners()
print(f"{corners.working} of {len(corners.runs)} work")
table = corners.to_pandas()
table["energy_fJ"] = 1e15 * table.circuit_energy_per_operation_J
table.pivot_table(index="corner", columns=["temperature_C", "v_dd_V"], values="energy_fJ").round(1)

# %%
extremes = corners.extremes()
names = {
    "circuit_energy_per_spike_J": ("energy per spike (fJ)", 1e15),
    "latency_s": ("latency (ns)", 1e9),
}
pd.DataFrame(
    {
        label: {end: scale * extremes[name][end] for end in ("min", "typ", "max")}
        for name, (label, scale) in names.items()
    }
).T.round(1)

# %% [markdown]
# ## Random copies
#
# No two transistors have the same threshold. Forty copies say how far the energy of one neuron
# differs from that of the next.

# %%
copies = neuron.montecarlo(40, seed=1)
frame = copies.to_pandas()
low, high = copies.yield_interval
fig, axis = plt.subplots(figsize=(5, 3))
axis.hist(1e15 * frame.circuit_energy_per_spike_J, bins=12, color="#0072B2")
axis.axvline(1e15 * cost.scopes["circuit"].energy_per_spike_J, color="#D55E00", label="as designed")
axis.set(
    xlabel="energy per spike (fJ)",
    ylabel="copies",
    title=f"{copies.working} of 40 work: yield {100 * low:.0f} to {100 * high:.0f} % (95 %)",
)
_ = axis.legend()

# %% [markdown]
# ## Where next
#
# `ipcircuit characterize my_neuron.py --json` gives the cost record to other programs; `ipcircuit
# netlist my_neuron.py -o deck.cir` a deck that `ngspice -b` runs without Python. The same with a
# SPICE netlist in place of Python: `ipcircuit new netlist my_neuron`.

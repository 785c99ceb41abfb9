# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Transfer curves: the circuit against the compact model
#
# A network trains with a compact model, a function of a few lines. It is worth as much as it
# follows the circuit that it replaces. Both are put side by side here, for the thermal neuron
# with a comparator and for the ECRAM neuron.

# %%
import matplotlib.pyplot as plt

import ipcircuit

checks = ipcircuit.load("comparator").check()
checks

# %% [markdown]
# Every compared point is at hand:

# %%
points = checks.points()
points.groupby("curve").head(2)


# %%
def draw(points, names):
    """Points of the circuit on the compact model's line, and what is left below."""
    _, axes = plt.subplots(
        2, len(names), figsize=(3.2 * len(names), 5), squeeze=False, layout="constrained"
    )
    for name, (above, below) in zip(names, axes.T, strict=True):
        curve = points[points.curve == name].sort_values("x")
        unit = curve.x_unit.iloc[0]
        above.plot(curve.x, curve.compact, "-", color="#0072B2", label="compact model")
        above.plot(curve.x, curve.circuit, "o", ms=4, color="#D55E00", label="circuit in ngspice")
        above.set(title=name, ylabel=curve.unit.iloc[0])
        below.axhline(0, color="0.7")
        below.plot(curve.x, curve.circuit - curve.compact, "o", ms=4, color="#D55E00")
        below.set(xlabel=f"input ({unit})" if unit else "step", ylabel="circuit − compact model")
    axes[0, 0].legend()


draw(points, ["set amplitude", "cooling", "sequence"])

# %% [markdown]
# What is left is what a network never sees. It is judged against a tolerance that is stated with
# the circuit; `ipcircuit check` ends with exit code 1 where a curve leaves it.
#
# ## In another process corner
#
# The same compact model, and a circuit with slow transistors; the tolerance stays that of the
# nominal circuit.

# %%
ipcircuit.load("comparator").configured(corner="ss").check()

# %% [markdown]
# ## A neuron with memory: the ECRAM neuron with delayed feedback

# %%
ecram = ipcircuit.load("delay_feedback_lif").check()
ecram

# %%
draw(
    ecram.points(),
    [
        "spike times, input every 100 ns",
        "paired-pulse ratio against interval",
        "train response, every 1 µs",
    ],
)

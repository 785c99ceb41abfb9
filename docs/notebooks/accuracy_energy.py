# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Accuracy against energy
#
# A ratio of energies says little where one network is better than the other. The package comes
# with some hundred trained networks of every family on several tasks; here are those of *2-back*,
# a memory task: was the same picture shown two pictures ago? The score is corrected for guessing:
# 0 is chance, 1 is all right.

# %%
import matplotlib.pyplot as plt
import pandas as pd

from energy.break_even.comparison import break_even
from energy.break_even.scenario import Scenario
from network.experiments.fronts.results import load_fronts
from network.experiments.fronts.view import View

results = load_fronts()
view = View(account="network", scope="circuit", precision="int8")
fronts = [front for front in results.fronts("nback2", view) if front.best]
pd.DataFrame(
    [
        {
            "family": front.family,
            "network": p.label,
            "energy (J)": p.energy.mean,
            "score": round(p.score.mean, 3),
            "seeds": len(p.scores),
        }
        for front in fronts
        for p in front.best
    ]
)

# %%
colours = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
for front, colour, marker in zip(fronts, colours, "osD^v", strict=False):
    best = front.best
    axes.plot(
        [p.energy.mean for p in best],
        [p.score.mean for p in best],
        marker + "-",
        color=colour,
        label=front.family,
    )
    others = [p for p in front.points if p not in best]
    axes.plot(
        [p.energy.mean for p in others],
        [p.score.mean for p in others],
        marker,
        color=colour,
        alpha=0.3,
    )
axes.set(xscale="log", xlabel="energy per sample, whole network (J)", ylabel="score on 2-back")
_ = axes.legend()
# %% [markdown]
# Faint marks are networks that another one of their family beats.
#
# ## At equal accuracy
#
# Energy of the other family over that of the device, where both answer equally well: below 1 the
# device takes more.

# %%
rows = [
    {
        "against": one.other,
        "at score": one.score,
        "ratio": one.ratio,
        "95 %": "" if one.low is None else f"{one.low:.2g} to {one.high:.2g}",
        "at most": one.bound,
        "why not": one.reason,
    }
    for one in results.comparisons("nback2", view)
]
pd.DataFrame(rows)

# %% [markdown]
# The thermal neurons lose this task to every family that learns it at all. The ratio depends on
# what is counted:

# %%
by_scope = {}
for scope in ("paper", "circuit", "system"):
    for account in ("memory", "network"):
        found = results.comparisons("nback2", View(account=account, scope=scope, precision="int8"))
        by_scope[account, scope] = {one.other: one.ratio for one in found if one.ratio is not None}
pd.DataFrame(by_scope).map("{:.1e}".format)

# %% [markdown]
# ## What a ratio hangs on
#
# The published comparison is another one: the memory of a gesture sample on an A800 against the
# device's. It is a quotient of numbers that nobody knows exactly; here it is drawn over the
# ranges of all of them.

# %%
published = break_even("memory", "lstm_a800", Scenario(scope="paper"), device="published")
digital = break_even("memory", "lstm_digital", Scenario(neurons=8))
pd.DataFrame(
    {
        name: {
            "as stated": one.nominal,
            "95 % from": one.interval[0],
            "to": one.interval[1],
            "P(ratio > 1)": one.above_1.value,
        }
        for name, one in (
            ("LSTM on A800, paper scope, N = 1", published),
            ("LSTM int8 on 28 nm, circuit scope, N = 8", digital),
        )
    }
).T.round(3)

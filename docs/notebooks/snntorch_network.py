# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a network of snnTorch costs with these neurons
#
# A spiking network, trained with snnTorch on scikit-learn's digits, is handed over as it is. Its
# events are counted and priced with a neuron whose circuit was simulated; and since that neuron
# is not the ideal one that the network was trained with, it is also said what the network still
# knows with it, and what a digital chip would spend.

# %%
import matplotlib.pyplot as plt
import pandas as pd
import snntorch
import torch
from sklearn.datasets import load_digits
from snntorch import utils
from torch import nn

import ipcircuit

torch.manual_seed(0)
torch.set_num_threads(1)

# %% [markdown]
# ## Train
#
# 64 inputs, 48 and 10 leaky integrate-and-fire neurons; an image is shown for five steps,
# brightness as a current.

# %%
digits = load_digits()
images = torch.tensor(digits.data / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
learnt, judged = order[:1300], order[1300:]

network = nn.Sequential(
    nn.Linear(64, 48),
    snntorch.Leaky(beta=0.9, init_hidden=True),
    nn.Linear(48, 10),
    snntorch.Leaky(beta=0.9, init_hidden=True),
)


def answers(pictures, steps=5):
    """Spikes of the output neurons over all steps, (samples, classes)."""
    utils.reset(network)
    return torch.stack([network(pictures) for _ in range(steps)]).sum(0)


optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
for _ in range(25):
    for batch in learnt[torch.randperm(len(learnt))].split(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(answers(images[batch]), labels[batch]).backward()
        optimizer.step()
with torch.no_grad():
    accuracy = (answers(images[judged]).argmax(1) == labels[judged]).float().mean().item()
f"{100 * accuracy:.1f} % of {len(judged)} images that were not learnt"

# %% [markdown]
# ## Cost
#
# The neurons become `delay_feedback_lif`, the ECRAM neuron with delayed feedback. Targets are
# given, so accuracy is judged.

# %%
inputs = images[judged].expand(5, -1, -1).contiguous()  # (time, samples, features)
cost = ipcircuit.network_cost(
    network, (inputs, labels[judged]), neuron="delay_feedback_lif", chips=3
)
print(cost.summary)

# %%
energies = {
    scope: {
        **{part: joule and 1e9 * joule for part, joule in energy.parts.items()},
        "sum": 1e9 * energy.total_J,
    }
    for scope, energy in cost.energies.items()
}
pd.DataFrame(energies).round(3).rename_axis("nJ per image")

# %% [markdown]
# Nearly all of it are the synapses, which read a weight for each spike that arrives. A cheaper
# neuron changes little there; fewer spikes do.
#
# ## May these neurons stand there?

# %%
rows = [
    {
        "neurons": outcome.name,
        "accuracy (%)": None
        if outcome.accuracy is None
        else round(100 * outcome.accuracy.value, 1),
    }
    for outcome in cost.suitability.outcomes
]
pd.DataFrame(rows)

# %% [markdown]
# ## Accuracy against energy
#
# A mark for each scope, a line between them; the baselines beside. Hollow: memory is not counted.

# %%
figure, axes = plt.subplots(figsize=(7, 4.5))
_ = cost.plot(axes)
# %%
pd.DataFrame(cost.baselines)[["system", "energy_per_sample_J"]]

"""Maps of heat for scenes forwards and backwards (Liu et al., Fig. 4b); computed, no network is trained for them."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from network.data.scenes import CLASSES, generate
from network.experiments.vision.maps import difference_maps
from network.neurons.thermal_mtj.device import load_device
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run

PROSE = Prose(__file__)
SCENES, SEED, FRAME = 48, 4, 5  # scenes behind the numbers, and the frame that is shown of one of each class shown
SHOWN = ("bar sideways", "arm turning", "ring opening")
LIMIT = 0.25  # spikes, of the colours


def maps(_: Run) -> Plot:
    """Fig. 4b: the same events with what came before, in either order; with heat and without."""
    scenes, device = generate(SCENES, SEED), load_device("circuit")
    plastic, ablated = (difference_maps(scenes, d) for d in (device, device.without_plasticity()))
    shown = (plastic.forwards, plastic.backwards, plastic.difference, ablated.difference)
    figure = Figure(figsize=(style.WIDTH, 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    titles = ("events", "heat,\nforwards", "heat,\nbackwards", "forwards −\nbackwards", "the same,\nablated")
    axes = figure.subplots(len(SHOWN), len(titles), squeeze=False)
    image = None
    for row, name in zip(axes, SHOWN, strict=True):
        at = int((scenes.labels == CLASSES.index(name)).nonzero()[0])
        events = scenes.values[at, FRAME].float()
        _image(row[0], events[0] - events[1], float(events.max()))
        for place, values in zip(row[1:], shown, strict=True):
            image = _image(place, values[FRAME, at], LIMIT)
        row[0].set_ylabel(name.replace(" ", "\n"), rotation=0, ha="right", va="center")
    for place, title in zip(axes[0], titles, strict=True):
        place.set_title(title, fontsize=9.5)
    assert image is not None
    figure.colorbar(
        image, ax=axes[:, 1:].ravel().tolist(), location="bottom", shrink=0.7, label="difference channel (spikes)"
    )
    shares = {"heat": plastic.divergence, "ablated": ablated.divergence, "mean": plastic.mean_divergence}
    return PROSE.plot("vision_maps", figure, scenes=SCENES, frame=FRAME + 1, **shares)


def _image(axes: Axes, values: torch.Tensor, limit: float) -> AxesImage:
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    return axes.imshow(values.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)

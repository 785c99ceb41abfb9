"""Trim of the signed neuron on paper: what is left where its codes have gaps, which few simulated copies show.

    python benchmarks/signed_trim.py [--legs 5 --share 0.05 --width 2e-6]

Legs deviate as all transistors do, so that some steps between codes are too wide: a threshold in mid of one has less
room. Each neuron has one deviation of its divider, common to both comparators with opposite signs, and of each
comparator its input pair, what is behind it, and its legs; each takes the best code.
"""

from __future__ import annotations

import argparse

import numpy as np

from circuits.signed_mtj.levels import trimmed
from circuits.signed_mtj.neuron import SignedDesign

#: V: divider with a reference of 4 by 4 pillars; a comparator's 6.5 mV less the 5 mV of its pair.
LEVEL, BEHIND = 10.6e-3, 4.2e-3
HALF, HALF_SIGMA = (7.2e-3, 5.8e-3), 0.5e-3  # V, half of both windows as simulated; between copies, assumed


def margins(count: int, *, legs: int, share: float, width: float, seed: int) -> np.ndarray:
    """Margin (V) of each of `count` neurons."""
    draw, found = np.random.default_rng(seed), np.full(count, np.inf)
    design = SignedDesign(sense_width=width, trim_legs=legs, trim_share=share)
    level = draw.normal(0, LEVEL, count)
    for sign, half in zip((1, -1), HALF, strict=True):
        threshold = sign * level + draw.normal(0, np.hypot(design.offset_sigma, BEHIND), count)
        left = np.abs(trimmed(design, threshold, draw.standard_normal((2, legs, count))))
        found = np.minimum(found, half + draw.normal(0, HALF_SIGMA, count) - left)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legs", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--width", type=float, default=2e-6)
    parser.add_argument("--chunks", type=int, default=25, help="of 20,000 neurons")
    given = parser.parse_args()
    sizes = {"legs": given.legs, "share": given.share, "width": given.width}
    volts = np.concatenate([margins(20_000, **sizes, seed=seed) for seed in range(given.chunks)])
    wrong = int((volts < 0).sum())
    mean, sigma = 1e3 * volts.mean(), 1e3 * volts.std()
    print(
        f"{sizes}: margin {mean:.2f} mV, sigma {sigma:.2f} mV, {wrong} of {len(volts)} wrong ({wrong / len(volts):.1e})"
    )


if __name__ == "__main__":
    main()

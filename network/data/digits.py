"""Handwritten digits that come with scikit-learn (8 x 8, from UCI's "Optical Recognition of Handwritten Digits")."""

from __future__ import annotations

import torch

from network.data.samples import Samples

CLASSES = tuple("0123456789")


def load_digits() -> Samples:
    """All 1797 images, (n, 1, 8, 8), grey levels 0 … 1."""
    from sklearn.datasets import load_digits as load  # takes seconds to import

    pixels, labels = (torch.as_tensor(part) for part in load(return_X_y=True))
    images = pixels.to(torch.get_default_dtype()).reshape(-1, 1, 8, 8) / 16
    return Samples(images, labels.long(), CLASSES, "scikit-learn digits, 8 x 8, 1797 images")

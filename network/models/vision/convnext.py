"""ConvNeXt V2 (Woo et al., CVPR 2023) as a frame-wise network, with the sizes of its published variants."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

TINY = (96, (3, 3, 9, 3))  # width of the first stage and blocks of ConvNeXt V2-T
EPS = 1e-6


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of (batch, channels, height, width)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=EPS)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ResponseNorm(nn.Module):
    """Global response normalisation of (batch, height, width, channels)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        norm = x.norm(dim=(1, 2), keepdim=True)
        return x + self.bias + self.weight * x * (norm / (norm.mean(-1, keepdim=True) + EPS))


class ConvNeXtBlock(nn.Module):
    """7 x 7 per channel, then two linear layers per pixel with GELU and response normalisation between; a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.expand, self.response = nn.Linear(channels, 4 * channels), ResponseNorm(4 * channels)
        self.reduce = nn.Linear(4 * channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, height, width) in and out."""
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.reduce(self.response(functional.gelu(self.expand(y))))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Scores of single frames (batch, channels, height, width): the backbone and its readout.

    Args:
        classes, channels: outputs and input channels.
        width, blocks: channels of the first stage, and blocks of each; a stage has twice the last one's channels.
        patch: side of the first convolution's patches (4; 2 for frames below 64 pixels).
    """

    def __init__(
        self, classes: int, channels: int, width: int = TINY[0], blocks: Sequence[int] = TINY[1], patch: int = 4
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, width, patch, patch), ChannelNorm(width)]
        for stage, number in enumerate(blocks):
            outputs = width * 2**stage
            if stage:
                layers += [ChannelNorm(outputs // 2), nn.Conv2d(outputs // 2, outputs, 2, 2)]
            layers += [ConvNeXtBlock(outputs) for _ in range(number)]
        self.features, self.norm = nn.Sequential(*layers), nn.LayerNorm(outputs, eps=EPS)
        self.readout = nn.Linear(outputs, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.readout(self.norm(self.features(images).mean((2, 3))))

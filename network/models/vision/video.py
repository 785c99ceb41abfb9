"""R(2+1)D: each 3-D convolution as one over space and one over time (Tran et al., CVPR 2018).

Written here, with the sizes of torchvision's `r2plus1d_18`: torchvision has no setting for the width, and its wheels do
not load beside a torch without CUDA.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

STEM = 45 / 64  # channels between the stem's convolution over space and that over time, for each output


def _between(inputs: int, outputs: int) -> int:
    """Channels between the two parts that give as many weights as a 3 x 3 x 3 convolution has."""
    return max(1, (inputs * outputs * 27) // (inputs * 9 + 3 * outputs))


class SplitConvolution(nn.Sequential):
    """3 x 3 over space, batch normalisation and ReLU, 3 over time; stride in both."""

    def __init__(self, inputs: int, outputs: int, between: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv3d(inputs, between, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False),
            nn.BatchNorm3d(between),
            nn.ReLU(),
            nn.Conv3d(between, outputs, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False),
        )


class VideoBlock(nn.Module):
    """Two split convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        between = _between(inputs, outputs)
        first, second = (SplitConvolution(n, outputs, between, s) for n, s in ((inputs, stride), (outputs, 1)))
        self.first = nn.Sequential(first, nn.BatchNorm3d(outputs), nn.ReLU())
        self.second = nn.Sequential(second, nn.BatchNorm3d(outputs))
        same = stride == 1 and inputs == outputs
        shortcut = nn.Conv3d(inputs, outputs, 1, stride, bias=False)
        self.shortcut = nn.Identity() if same else nn.Sequential(shortcut, nn.BatchNorm3d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, time, height, width) in; time, height and width are divided by the stride."""
        return (self.second(self.first(x)) + self.shortcut(x)).relu()


class R2Plus1D(nn.Module):
    """Stem, stages of blocks, mean over time and space, linear readout.

    Args:
        classes, channels: outputs and input channels.
        width: channels of the first stage (64: R(2+1)D-18).
        blocks: per stage.
        stem_stride: over space, of the stem's 7 x 7 convolution (2) or of a 3 x 3 one for small frames (1).
    """

    def __init__(
        self, classes: int, channels: int, width: int = 64, blocks: Sequence[int] = (2, 2, 2, 2), stem_stride: int = 2
    ) -> None:
        super().__init__()
        between, kernel = max(1, round(STEM * width)), 7 if stem_stride == 2 else 3
        self.stem = nn.Sequential(
            nn.Conv3d(
                *(channels, between, (1, kernel, kernel), (1, stem_stride, stem_stride)),
                padding=(0, kernel // 2, kernel // 2),
                bias=False,
            ),
            nn.BatchNorm3d(between),
            nn.ReLU(),
            nn.Conv3d(between, width, (3, 1, 1), padding=(1, 0, 0), bias=False),
            nn.BatchNorm3d(width),
            nn.ReLU(),
        )
        stages, inputs = list[nn.Module](), width
        for stage, number in enumerate(blocks):
            outputs = width * 2**stage
            for block in range(number):
                stages.append(VideoBlock(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
                inputs = outputs
        self.stages, self.readout = nn.Sequential(*stages), nn.Linear(inputs, classes)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Scores (batch, classes) of frames (time, batch, channels, height, width)."""
        features = self.stages(self.stem(frames.permute(1, 2, 0, 3, 4)))
        return self.readout(features.mean((2, 3, 4)))

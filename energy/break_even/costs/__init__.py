"""Costs as functions of their parameters: a circuit, a digital chip, a GPU, a frame buffer."""

"""Torch layers, tasks, data sets and training of networks made of these neurons. Empty so far."""

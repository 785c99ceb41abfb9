"""Torch layers, tasks, models, training and studies of networks made of these neurons."""

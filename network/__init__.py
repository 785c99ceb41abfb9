"""Torch layers, tasks, models, training and experiments of networks made of these neurons."""

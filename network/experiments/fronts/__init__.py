"""Accuracy against energy of every family of networks on every task, and the ratio at equal accuracy."""

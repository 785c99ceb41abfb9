"""Discrete-time neurons that a network trains with, reduced from device declarations and checked against circuits."""

"""Layers of signed MTJ neurons."""

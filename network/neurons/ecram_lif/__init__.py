"""Layers of ECRAM neurons."""

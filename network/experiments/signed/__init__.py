"""Ideal against device signed neurons."""

"""Layers of thermal MTJ neurons."""

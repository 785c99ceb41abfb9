"""Torch layers around the compact models."""

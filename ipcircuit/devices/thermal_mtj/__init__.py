"""Thermal magnetic tunnel junction of Liu et al. (2025)."""

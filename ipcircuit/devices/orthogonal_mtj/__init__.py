"""Magnetic tunnel junction with orthogonal easy axes, Zheng et al. (2026)."""

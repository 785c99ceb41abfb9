"""Electrochemical RAM of Currie et al. (2026)."""

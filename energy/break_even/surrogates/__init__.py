"""Energies of circuits as functions of their parameters, fitted to simulated points: docs/break_even.md."""

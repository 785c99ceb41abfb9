"""Energies of circuits as functions of their parameters, fitted to simulated points: docs/methods/break_even.md."""

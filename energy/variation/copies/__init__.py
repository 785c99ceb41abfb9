"""Copies of a circuit: drawn, simulated in chunks, kept, replayed."""

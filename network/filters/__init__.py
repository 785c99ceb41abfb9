"""ECRAM synapses with different time constants as a bank of temporal filters (seed 3, C6)."""

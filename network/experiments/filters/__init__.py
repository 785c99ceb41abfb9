"""Temporal filters of ECRAM synapses."""

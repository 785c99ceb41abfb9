"""Compact model of the signed LIF neuron."""

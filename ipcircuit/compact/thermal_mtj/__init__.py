"""Compact model of the thermal MTJ neuron."""

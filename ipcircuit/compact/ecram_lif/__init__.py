"""Compact model of the ECRAM delay-feedback LIF neuron."""

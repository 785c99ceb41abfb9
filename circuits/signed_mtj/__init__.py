"""Signed LIF neuron on an orthogonal-easy-axis MTJ."""

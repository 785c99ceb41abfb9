"""Axon-hillock neuron in plain CMOS: a family of ipcircuit from a distribution of its own."""

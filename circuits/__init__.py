"""Neuron circuits and their testbenches."""

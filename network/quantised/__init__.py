"""The quantised network without spikes that a spiking one is compared with: the same structure, run once."""

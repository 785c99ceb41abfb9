"""Report section: signed MTJ neuron."""

"""Report section: signed neuron in a network."""

"""Cost of a spiking network: its events, their prices, whether the neurons may stand there, and what others spend."""

"""Event vision: networks with and without a memory on gestures forwards and backwards (Liu et al., Figs. 4, S11)."""

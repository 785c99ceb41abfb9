"""Networks with their neurons' energies, as other simulators read them."""

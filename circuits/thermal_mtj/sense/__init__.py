"""Sense circuits of the thermal neurons: inverter pair or latch, their sizes, trim of the reference."""

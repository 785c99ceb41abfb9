"""Thermal MTJ neurons: comparator and differential."""

"""Schematics drawn from a netlist: what is read of it, where its symbols stand, and the drawing."""

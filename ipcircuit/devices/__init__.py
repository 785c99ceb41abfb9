"""Devices declared once as equations, and rendered as ngspice, Verilog-A and numpy/torch."""

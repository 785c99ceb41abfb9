"""SPICE text, Verilog-A and model cards as data files; read them with importlib.resources."""

"""The project from Python: a circuit by name as one object (`circuit`), a grid of settings as one table (`sweeps`).

`ipcircuit.load` and `ipcircuit.sweep` are what users call. Like `ipcircuit.cli`, this package joins the floors: it
imports them inside its functions, so that ``import ipcircuit`` loads nothing heavy.
"""

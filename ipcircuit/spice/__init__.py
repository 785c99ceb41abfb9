"""ngspice behind one door: `jobs` runs decks, `transient` holds what comes back.

Only `session` touches PySpice, and it runs in worker processes of its own (`workers`), so that a deck that crashes
or poisons the simulator takes nothing with it.
"""

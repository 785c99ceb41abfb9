"""Statistics of copies at one or two fidelities."""

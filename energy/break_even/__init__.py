"""What a ratio of two energies hangs on: numbers that are not known exactly, and choices of the scenario."""

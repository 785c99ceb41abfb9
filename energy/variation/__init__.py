"""Random copies and corners of a circuit."""

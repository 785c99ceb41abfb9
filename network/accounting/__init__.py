"""Events of a network and their energy."""

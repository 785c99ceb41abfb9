"""Sets of experiments that belong to one question."""

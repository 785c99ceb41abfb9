"""Networks of other tools (and our own) as they come: loaded, their neurons described, run over time."""

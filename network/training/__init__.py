"""Back-propagation through time, checkpoints, a store of runs. Nothing here knows a task or a model by name."""

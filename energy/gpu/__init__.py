"""GPU baselines: published ones, and what is measured through NVML: increments of a memory, and whole networks."""

"""Bounds of what a file or an option may ask for; apart, so that options load nothing that reads files."""

LARGEST_SEED = 2**32 - 1  # torch, numpy and what is added to a seed all take it
MOST_STEPS, MOST_BATCH, MOST_TRIALS = 10_000_000, 65_536, 50_000  # of a training

"""A report that follows its inputs: served on this machine, written again when a file changes."""

"""Event cameras' recordings: readers by file format, binning into frames, and the sets that are made of them."""

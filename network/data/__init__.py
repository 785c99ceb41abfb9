"""Data sets: embedded ones (digits, synthetic gestures), and loaders of real ones; nothing is downloaded."""

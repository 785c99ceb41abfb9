"""The command line: one file per command; the one place that joins all floors."""

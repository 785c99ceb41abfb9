"""Counting of a network's events while it runs."""

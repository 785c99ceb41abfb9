"""Figures of the report: what a figure is, and the style of all of them."""

"""Rare failures, and what they and the spread come from."""

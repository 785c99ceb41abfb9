"""Sizing: a search over a circuit's settings for the cheapest designs whose copies work."""

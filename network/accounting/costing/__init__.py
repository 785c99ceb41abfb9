"""Costs of networks as functions of their parameters: from stored runs, and of a user's own network."""

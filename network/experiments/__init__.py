"""Experiments: task, models, training plan, result record."""

"""Steering from event frames: history, position of the memory, and hardware in the loop."""

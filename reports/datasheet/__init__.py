"""Datasheet of a circuit: what the report says about one circuit, whatever its family."""

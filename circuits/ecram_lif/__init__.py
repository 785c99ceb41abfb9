"""ECRAM LIF neurons: delay feedback, axon hillock, differential pair."""

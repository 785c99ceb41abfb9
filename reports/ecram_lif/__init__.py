"""Report section: ECRAM LIF neurons."""

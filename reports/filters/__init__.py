"""Report section: temporal filters."""

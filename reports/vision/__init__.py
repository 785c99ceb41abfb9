"""Report section: event vision."""

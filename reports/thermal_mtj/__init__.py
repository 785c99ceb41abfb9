"""Report section: thermal MTJ neurons."""

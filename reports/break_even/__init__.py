"""Report section: what the headline ratio hangs on."""

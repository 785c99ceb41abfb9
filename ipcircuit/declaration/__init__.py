"""The language in which a device is declared, and its renderings."""

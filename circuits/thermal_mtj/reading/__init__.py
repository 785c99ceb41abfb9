"""Read of the thermal neurons: levels of the divider, and what the sense circuit decides."""

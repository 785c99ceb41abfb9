"""Layout cells that the neurons share."""

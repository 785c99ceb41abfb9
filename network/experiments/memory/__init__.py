"""Working memory of thermal MTJ networks."""

"""Tables of the report: what a table is, and the ones about all circuits, claims and parameters."""

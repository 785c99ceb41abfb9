"""First page of the report."""

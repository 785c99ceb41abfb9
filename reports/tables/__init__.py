"""The report's tables, one subject per file; `catalog` lists them."""

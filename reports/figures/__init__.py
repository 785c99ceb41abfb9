"""The report's figures, one subject per file; `catalog` lists them."""

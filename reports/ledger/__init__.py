"""Claims ledger: published statements and how they are reproduced."""

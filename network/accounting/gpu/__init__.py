"""Energy of networks on a GPU."""

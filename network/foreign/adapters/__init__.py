"""One file for each tool that networks come from: how its neurons are told, described, run and reset."""

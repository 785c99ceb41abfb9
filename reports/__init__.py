"""The claims ledger and everything that is printed, plotted or written for people."""

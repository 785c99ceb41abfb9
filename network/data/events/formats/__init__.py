"""Readers by file format; each gives the events of a recording, or names what is wrong with it."""

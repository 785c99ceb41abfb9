"""Model files from others: read by an allow-list and written anew; nothing of their text is copied.

`source` reads files within bounds, `needed` leaves out what nothing uses, `tokens` and `expressions` take statements
apart, `grammar` says what a statement may be and writes it, `allowed` holds the lists, `devices` finds the transistors.
"""

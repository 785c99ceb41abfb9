def pages():
    yield from ()

class EmbeddedError(Exception):
    """Something the person at the terminal has to do; the message says what, and is shown without a traceback."""

"""The end of work that was asked to stop."""


class Stopped(Exception):
    """An import was asked to stop; what is committed stays, and a later claim goes on after it."""

"""The version of this distribution; its metadata is read from here."""

__version__ = "0.1.0"

"""The version of kaug."""

__version__ = "0.1.0"

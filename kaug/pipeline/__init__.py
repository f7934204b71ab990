"""A pipeline file → its stages, and their execution."""

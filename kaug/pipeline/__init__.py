"""A pipeline file to its stages, and what carries them out."""

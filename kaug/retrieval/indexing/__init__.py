"""Sentences → shards of vectors, and the codes to search them by."""

"""Sentences, said and embedded, to shards of vectors and codes to search them by."""

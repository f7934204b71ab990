"""Finished folders and the digests that name them."""

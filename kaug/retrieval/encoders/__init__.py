"""Sentence encoders: tokens, batches, and the backends that run them."""

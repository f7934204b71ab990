"""Proofs of facts."""

"""Drafts of lexicon entries."""

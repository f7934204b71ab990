"""Shared parts of HTML and Markdown pages."""

"""Answers to a report that people read."""

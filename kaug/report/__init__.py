"""Answers → reports."""

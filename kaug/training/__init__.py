"""Shards and a base model → fine-tuned models."""

"""A model's name to a model, and what it writes."""

"""Values, names and terms → English words."""

"""Values and names → English words."""

"""Facts and templates → sentences; labels of predicates → templates."""

"""Facts and templates → sentences; predicates that lack templates → drafts of them."""

"""Training rows → rows in a language model's words, where these say the same; the original stands elsewhere."""

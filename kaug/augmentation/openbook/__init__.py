"""The user's texts, questions and facts → rows with facts in their context."""

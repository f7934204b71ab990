"""Models by name, their prompts and their texts."""

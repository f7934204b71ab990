"""Two builds of a knowledge base → what has changed, and what is due."""

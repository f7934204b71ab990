"""Two builds of a knowledge base → their difference, and the rows that it affects."""

"""RDF sources → a knowledge base in columns."""

"""What a keeper of RDF does with a built knowledge base."""

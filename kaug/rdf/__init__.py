"""RDF from files, endpoints and memory → triples in columns, and back."""

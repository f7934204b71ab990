"""RDF, wherever it stands → triples in columns; and back."""

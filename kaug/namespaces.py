"""The namespaces of the vocabularies that kaug knows."""

__all__ = ["KAUG", "OWL", "RDF", "RDFS", "SKOS", "XSD"]

KAUG = "https://w3id.org/kaug/ns#"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"

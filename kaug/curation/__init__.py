"""Tools for curators of a built knowledge base: quality reports, proofs, drafts, differences, exports."""

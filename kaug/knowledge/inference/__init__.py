"""Facts and axioms → the conclusions from them, with their premises."""

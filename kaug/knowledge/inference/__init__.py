"""Facts and axioms → what follows from them, and why."""

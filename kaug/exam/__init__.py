"""The exam: its probes, and the facts and entities that it holds out of training."""

"""The exam: its probes, and what they keep out of training."""

"""Training rows and the exam → the same rows, or an error that names the row, the probe and the reason of a leak."""

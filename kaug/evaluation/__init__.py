"""Models and the exam → answers, scores, gains with intervals, and the report."""

"""What makes each stage, one module a stage."""

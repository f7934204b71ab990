"""The `make` functions of the stages, one module each."""

"""Names of terms → surface forms; texts → mentions → terms."""

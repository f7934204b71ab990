"""Names of terms to forms, texts to mentions of them, and to what these mean."""

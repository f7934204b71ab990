"""Knowledge, index and the user's texts → training rows."""

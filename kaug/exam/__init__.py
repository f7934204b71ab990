"""What is asked, and so kept out of training."""

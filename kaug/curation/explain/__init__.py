"""What a fact rests on, in words."""

"""Change between waves, and differences between domains of one (M7)."""

"""What the scores say: what is weak, what it costs, what would change it, and how sure all that is."""

"""Editions of the assessment system as sheets: their columns, how they are read, and every check of them."""

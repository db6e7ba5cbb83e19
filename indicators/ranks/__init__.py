"""Ranks as ranges and tiers: what a comparison of areas can say, and what it cannot (M8)."""

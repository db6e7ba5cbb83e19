"""How weights are made to match known totals, and what they cost (M5): calibration, raking, limits."""

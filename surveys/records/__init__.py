"""Statistics of records beyond what a tally holds, for notebooks and as the plain form of the formulas."""

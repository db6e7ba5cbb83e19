"""Errors by estimating again under other weights (M2): making replicates, or using supplied ones."""

"""Distributions of answers: one way by any breakdown, two way with a Rao–Scott test."""

"""From estimates to findings: the tree of indicators, its scores with their error, and what is weak.

In reading order: `framework` (the tree), `reading` (sheet → tree, evidence), `value_function` and
`aggregation` (value → score → node), `scoring` (one wave), `uncertainty` (its error), `weakness` (findings).
"""

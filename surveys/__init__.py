"""Survey statistics: from answers to estimates.

Reading: `reading` (wave folder → `Wave`), `responses` (exports → `Sample`). Estimating: `tally`, `variance`,
`interval`, `estimate`. Definitions are data: `schema` declares every table.
"""

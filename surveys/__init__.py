"""Survey statistics: from answers to estimates. Definitions are data: `schema` declares every table.

Rates and all that is made of them are functions of the tally, one pass over the records. In the order of
the line: `reading` (the definition of a wave), `responses` (its answers), `weights`, `tally`, `precision`,
`limits`, `rates`, `estimate`; beside it `replicates`, `distributions`, `smallarea` and `compare`; `records`
holds what needs single records.
"""

"""Small areas (M10): models that lend an area with few answers strength from the others.

`area_model` (what is modelled), `likelihood` and `fit` (the variance between areas), `prediction` (EBLUP and
its error), `share_scale` (arcsine scale and back), `benchmark`, `share_model` (all of it, for shares),
`bootstrap`, `estimates` (the table of a wave), `nested_error` (the model of single respondents).
"""

"""The baseline agent as it runs inside the sandbox: from the public folder and the sample submission to predictions.

Nothing here knows a competition by name: `recognition` tells from the files what is asked for, `columns`, `texts` and
`images` make features, `models` and `choosing` train and blend, `masks` draws segmentations, `solution` puts it all
together, and `workplace` is the outside.
"""

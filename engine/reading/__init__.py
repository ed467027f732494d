"""Names and sentences read on demand by the models of a run, in a process that stays warm.

client.py     `Reader`: what a front end asks; nothing heavy is imported
process.py    the process behind it
contexts.py   which contexts a name is read in
models.py     the models of a run, each loaded once
placing.py    where a new vector lies on a map that was drawn before
tables.py     `readings`, and `name_causes`, the card of one name in two languages
"""

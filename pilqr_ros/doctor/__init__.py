"""`pilqr doctor`: looks at a running graph before the first torque and says what to mend.

`observer` takes a snapshot of the graph (plain data), the modules `*_checks` judge it (pure
functions from snapshot and expectation to findings), `examination` puts them together.
"""

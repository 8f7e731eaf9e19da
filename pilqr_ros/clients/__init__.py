"""Programs that talk to the nodes and are none themselves."""

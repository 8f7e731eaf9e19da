"""What the nodes said, on disk: bags that a kill leaves readable, and what is in them."""

"""What every node runs on: its life, parameters and health, and waiting for other nodes."""

"""What is shown of a running graph in RViz and Foxglove, as messages."""

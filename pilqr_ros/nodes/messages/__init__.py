"""What nodes say to each other: messages from arrays, and the topics that carry them."""

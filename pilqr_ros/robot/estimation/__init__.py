"""From joint states and tracked bodies to the state of the task, with the health of each input."""

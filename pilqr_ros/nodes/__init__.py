"""ROS nodes: thin wiring of topics, services and actions to the plain objects below them."""

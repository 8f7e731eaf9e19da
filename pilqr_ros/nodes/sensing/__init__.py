"""Parts of the two nodes that speak a robot's sensors: `mujoco_bridge` and `state_estimator`."""

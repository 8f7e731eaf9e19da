"""What stands between a policy and an arm, as plain objects that know no ROS and no simulator.

- ``estimation``: from joint states and tracked bodies to the state of the task.
- ``guard``: limits, interventions, the emergency stop and its record: the last before a motor.
- ``execution``: executing a policy once: the runner, the rollout, its records and its cost.
- ``reset``: the check of a start, and the slow motion towards it.

Beside them stands the robot's own file (`robot_config`), which tightens what the task allows.
"""

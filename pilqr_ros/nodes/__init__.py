"""ROS nodes: thin wiring of topics, services and actions to the plain objects below them.

Each module here is a node, ``python -m pilqr_ros.nodes.<node>``. What they are made of lies in
rooms, each of which imports only those above it in this list:

- ``messages``: messages from arrays, the topics that carry them and their quality of service.
- ``runtime``: what every node runs on: start and end, parameters, diagnostics, waiting.
- ``sensing``: parts of `mujoco_bridge` and `state_estimator`.
- ``training``: parts of `learner` and `policy_server`.
"""

from pathlib import Path

from pilqr_ros.lifetime import defer_ending_of

# Before the node's own imports, amid which Python could not end cleanly.
defer_ending_of(__name__, Path(__file__).parent)

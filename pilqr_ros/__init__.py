"""PILQR on ROS 2: trajectory-centric reinforcement learning for torque-controlled arms."""

__version__ = "0.1.0"

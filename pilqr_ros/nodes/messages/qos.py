"""Quality of service of the topics, by what their readers need."""

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

# Read from a robot or a motion-capture system: whatever it offers, the newest counts.
SENSOR = qos_profile_sensor_data
# Offered by the simulated sensors, to readers of either kind.
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
# Only the newest command counts, and it must arrive.
COMMAND = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
# Every entry of a rollout must arrive.
RECORD = QoSProfile(depth=256, reliability=ReliabilityPolicy.RELIABLE)
# A late joiner gets the last one.
LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
# A late joiner gets the last ones, too: none shall be lost.
ROLLOUTS = QoSProfile(
    depth=20,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
# Whoever sent a goal may have come just before, and others' rejections may come in between.
REJECTIONS = QoSProfile(
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)

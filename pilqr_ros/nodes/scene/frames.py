"""Where every body of a task's world is, as transforms between named frames."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from tf2_msgs.msg import TFMessage

from pilqr_ros.nodes.scene.shapes import quaternion, vector
from pilqr_ros.page.motion import Posture
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.frame_pose import FramePose
from pilqr_ros.tasks.kinematic_tree import TreeJoint, frame_name, kinematic_tree, poses
from pilqr_ros.trajopt.typing import Array


class SceneFrames:
    """The frames of a task's world: the robot's as its URDF has them, the others in its base.

    Attributes:
        of_bodies: The frame of each body of the task's world, ``(nbody,)``.
        first_robot: The robot's first body; all that come after it are the robot's.
    """

    def __init__(self, task: Task, base: str, prefix: str = "") -> None:
        """Name the frames.

        Args:
            task: The task.
            base: The frame of the robot's base.
            prefix: What the other frames begin with.
        """
        self._task, self._base = task, base
        world, robot = task.world_model, task.robot_model
        self.first_robot = world.nbody - robot.nbody + 1  # it is attached last
        others = (world.body(b).name or f"body_{b}" for b in range(1, self.first_robot))
        self.of_bodies = [base, *(prefix + name for name in others)]
        self.of_bodies += [frame_name(robot, body, prefix) for body in range(1, robot.nbody)]
        self._tree = _tree(task, base, prefix)
        in_tree = {base, *(joint.child for joint in self._tree)}
        self._others = [i for i, frame in enumerate(self.of_bodies) if frame not in in_tree]

    def message(self, posture: Posture, state: Array, stamp: Time) -> TFMessage:
        """Return the transforms of a state.

        Args:
            posture: The world, with the bodies that the state does not tell where they are.
            state: ``(dX,)``, all of whose entries are known.
            stamp: Its time.
        """
        bodies = posture.take(state)
        found = [
            (self._base, self.of_bodies[body], FramePose(bodies[body, :3], bodies[body, 3:]))
            for body in self._others
        ]
        moved = poses(self._tree, self._positions(state))
        found += [(j.parent, j.child, at) for j, at in zip(self._tree, moved, strict=True)]
        return TFMessage(transforms=[_transform(*one, stamp) for one in found])

    def _positions(self, state: Array) -> dict[str, float]:
        """Return the positions of the joints that are sensed [rad or m], by name."""
        found: dict[str, float] = {}
        for block in self._task.layout.of_kind("joint_positions"):
            found |= zip(block.axes, map(float, state[block.slice]), strict=True)
        return found


def _tree(task: Task, base: str, prefix: str) -> list[TreeJoint]:
    """Return the robot's joints; none if it has one that no URDF has."""
    try:
        return kinematic_tree(task.robot_model, base, prefix)
    except TaskError:
        return []


def _transform(parent: str, child: str, at: FramePose, stamp: Time) -> TransformStamped:
    """Return where a frame is in another one."""
    made = TransformStamped(child_frame_id=child)
    made.header.frame_id, made.header.stamp = parent, stamp
    made.transform.translation = vector(at.position)
    made.transform.rotation = quaternion(at.wxyz)
    return made

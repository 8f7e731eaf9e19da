"""A MuJoCo model in a page's 3-D scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import mujoco
import numpy as np

from pilqr_ros.page.geometry import visible_shapes
from pilqr_ros.tasks.models import short_name
from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    import viser

SITE_COLOR = (255, 190, 0)
SITE_RADIUS = 0.004
"""Radius of the marker of a site, as a share of the model's extent."""

WIDER = 1.5
"""How much more of the scene is seen than the model's camera shows: the controls cover a part."""

ASIDE = 0.15
"""How far to the right of what the camera shows the middle is, for the same reason."""

MIN_OPACITY = 0.999
"""What is less transparent than this is drawn opaque, which is quicker."""


class ModelScene:
    """The bodies of a model, each a frame that moves, with its shapes and marked sites below it."""

    def __init__(
        self, server: viser.ViserServer, model: mujoco.MjModel, sites: Sequence[str] = ()
    ) -> None:
        """Draw the model as it is defined; `show` moves it.

        Args:
            server: The page's server.
            model: The model.
            sites: Sites to mark and name, as their own file calls them.
        """
        self._server, self._model = server, model
        self._frames = [self._add_body(body) for body in range(model.nbody)]
        self._poses = np.full((model.nbody, 7), np.nan)
        self._mark(sites)
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        self.show(data)
        self._look(data)

    def show(self, data: mujoco.MjData) -> None:
        """Move every body to where MuJoCo's kinematics of this state has it."""
        self.show_poses(body_poses(data))

    def show_poses(self, poses: Array) -> None:
        """Move every body to its pose, position [m] and quaternion (w, x, y, z), ``(nbody, 7)``."""
        moved = np.flatnonzero(~np.isclose(poses, self._poses, rtol=0.0, atol=1e-6).all(axis=1))
        with self._server.atomic():
            for body in moved:
                self._frames[body].position = poses[body, :3]
                self._frames[body].wxyz = poses[body, 3:]
        self._poses[moved] = poses[moved]

    def _add_body(self, body: int) -> Any:  # noqa: ANN401
        """Add a body's frame and shapes."""
        scene, name = self._server.scene, f"/model/{body}"
        frame = scene.add_frame(name, show_axes=False)
        for number, shape in enumerate(visible_shapes(self._model, body)):
            opacity = float(shape.color[3])
            scene.add_mesh_simple(
                f"{name}/{number}",
                shape.vertices,
                shape.faces,
                color=tuple(round(255 * part) for part in shape.color[:3]),
                opacity=None if opacity > MIN_OPACITY else opacity,
                flat_shading=True,
                side="double",
            )
        return frame

    def _mark(self, sites: Sequence[str]) -> None:
        """Mark and name sites."""
        radius = SITE_RADIUS * self._model.stat.extent
        for index in range(self._model.nsite):
            name = short_name(self._model.site(index).name)
            if name in sites:
                place = f"/model/{self._model.site_bodyid[index]}/site_{index}"
                position = self._model.site_pos[index]
                self._server.scene.add_icosphere(
                    place, radius=radius, color=SITE_COLOR, position=position
                )
                self._server.scene.add_label(
                    f"{place}/name", name, font_screen_scale=0.8, anchor="bottom-left"
                )

    def _look(self, data: mujoco.MjData) -> None:
        """Begin with the view of the model's first camera, or one of all of it."""
        camera, centre = self._server.initial_camera, self._model.stat.center
        if self._model.ncam > 0:
            axis = -data.cam_xmat[0].reshape(3, 3)[:, 2]
            camera.position = tuple(data.cam_xpos[0])
            distance = max(float(np.dot(centre - data.cam_xpos[0], axis)), 0.1)
            right, up, _ = data.cam_xmat[0].reshape(3, 3).T
            camera.look_at = tuple(data.cam_xpos[0] + distance * (axis + ASIDE * right))
            camera.up = tuple(up)
            half = np.radians(self._model.cam_fovy[0]) / 2.0
            camera.fov = 2.0 * float(np.arctan(WIDER * np.tan(half)))
        else:
            camera.position = tuple(centre + self._model.stat.extent * np.array([0.8, -0.8, 0.6]))
            camera.look_at = tuple(centre)


def body_poses(data: mujoco.MjData) -> Array:
    """Return the pose of every body, position [m] and quaternion (w, x, y, z), ``(nbody, 7)``."""
    return np.hstack([data.xpos, data.xquat])

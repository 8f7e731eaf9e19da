"""Pictures of a MuJoCo world without a window.

MuJoCo's own renderer chooses the OpenGL platform when `mujoco` is first imported; here it is chosen
when the first picture is asked for: what MUJOCO_GL names, else OSMesa (software), else EGL (a GPU).
"""

from __future__ import annotations

import importlib
import os
import weakref
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilqr_ros.simulation.errors import RenderError

MAX_SIZE = 4096
"""Largest width or height [pixels]: what any OpenGL can draw into."""

_PLATFORMS = ("osmesa", "egl")
_DEFAULT_CAMERA = "overview"


class OffscreenRenderer:
    """Renders pictures of one size."""

    def __init__(self, model: mujoco.MjModel, width: int, height: int) -> None:
        """Create the OpenGL context.

        Raises:
            RenderError: No platform can render, or the size is not possible.
        """
        if not (0 < width <= MAX_SIZE and 0 < height <= MAX_SIZE):
            raise RenderError(f"size {width} x {height}: each must be 1 to {MAX_SIZE}")
        buffer = model.vis.global_  # a model that says nothing has one of 640 x 480
        buffer.offwidth = max(buffer.offwidth, width)
        buffer.offheight = max(buffer.offheight, height)
        self.size = (width, height)
        self._model = model
        self._gl = _create_context(width, height)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_150)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(model, maxgeom=2000)
        self._option = mujoco.MjvOption()
        self._finalizer = weakref.finalize(self, _free, self._gl, self._context)

    def render(self, data: mujoco.MjData, camera: str | None = None) -> NDArray[np.uint8]:
        """Return a picture of the world, ``(height, width, 3)``.

        Args:
            data: State of the world.
            camera: Name of a camera of the model; if not given, ``overview`` where the model has
                one, else a view of the whole model.

        Raises:
            RenderError: The model has no such camera.
        """
        view = self._view(camera)
        self._gl.make_current()
        mujoco.mjv_updateScene(
            self._model, data, self._option, None, view, mujoco.mjtCatBit.mjCAT_ALL, self._scene
        )
        width, height = self.size
        area = mujoco.MjrRect(0, 0, width, height)
        picture = np.empty((height, width, 3), dtype=np.uint8)
        mujoco.mjr_render(area, self._scene, self._context)
        mujoco.mjr_readPixels(picture, None, area, self._context)
        return np.flipud(picture).copy()

    def close(self) -> None:
        """Free the OpenGL context."""
        self._finalizer()

    def _view(self, camera: str | None) -> mujoco.MjvCamera:
        """Return the view of a camera, or the default one."""
        view = mujoco.MjvCamera()
        known = [self._model.camera(i).name for i in range(self._model.ncam)]
        name = _DEFAULT_CAMERA if camera is None else camera
        if name in known:
            view.type = mujoco.mjtCamera.mjCAMERA_FIXED
            view.fixedcamid = known.index(name)
        elif camera is None:
            mujoco.mjv_defaultFreeCamera(self._model, view)
        else:
            raise RenderError(f"no camera {name!r}; cameras: {', '.join(known) or 'none'}")
        return view


def _free(gl: Any, context: mujoco.MjrContext) -> None:  # noqa: ANN401
    """Free MuJoCo's part of a context, then OpenGL's; at the latest when Python ends."""
    gl.make_current()
    context.free()
    gl.free()


def _create_context(width: int, height: int) -> Any:  # noqa: ANN401
    """Return an OpenGL context of the first platform that works."""
    named = os.environ.get("MUJOCO_GL", "").strip().lower()
    problems = []
    for platform in (named,) if named in (*_PLATFORMS, "glfw") else _PLATFORMS:
        try:
            return importlib.import_module(f"mujoco.{platform}").GLContext(width, height)
        except (ImportError, AttributeError, RuntimeError, OSError) as error:
            problems.append(f"{platform}: {error}")
    raise RenderError(
        f"no off-screen OpenGL ({'; '.join(problems)}); install the system package libosmesa6, or "
        "set MUJOCO_GL=egl on a machine with a GPU"
    )

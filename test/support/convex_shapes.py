"""One of each kind of shape that points can be kept away from."""

import numpy as np

from pilqr_ros.trajopt.shapes import Cylinder, HalfSpace, RoundedBox

SHAPES = {
    "sphere": RoundedBox(np.zeros(3), 0.3),
    "capsule": RoundedBox(np.array([0.0, 0.0, 0.5]), 0.2),
    "box": RoundedBox(np.array([0.3, 0.4, 0.5])),
    "cylinder": Cylinder(0.3, 0.5),
    "half-space": HalfSpace(),
}

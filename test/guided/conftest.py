from itertools import pairwise

import numpy as np
import pytest

from pilqr_ros.guided.network import Network


@pytest.fixture
def make_network():
    """Return a function that makes a network of random weights and normalisation."""

    def make(sizes=(5, 8, 6, 2), seed=0):
        rng = np.random.default_rng(seed)
        pairs = list(pairwise(sizes))
        return Network(
            weights=tuple(rng.standard_normal((b, a)) for a, b in pairs),
            biases=tuple(rng.standard_normal(b) for _, b in pairs),
            mean=rng.standard_normal(sizes[0]),
            scale=rng.uniform(0.5, 2.0, sizes[0]),
            L=np.tril(rng.uniform(0.2, 1.0, (sizes[-1], sizes[-1]))),
        )

    return make

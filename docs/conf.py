"""Configuration of the documentation: `make docs` builds it with Sphinx, MyST and furo."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "extensions"), str(HERE.parent)]

project = "pilqr_ros"
author = "the maintainers of pilqr_ros"
copyright = "the maintainers of pilqr_ros, Apache-2.0"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "reference_pages",
]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "groupwise"
napoleon_use_ivar = True
exclude_patterns = ["_build", "extensions"]
nitpicky = False

html_theme = "furo"
html_title = "pilqr_ros"

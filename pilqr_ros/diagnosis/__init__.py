"""Why is it not learning? A run judged from what it keeps on disk, in plain words.

`diagnose` looks at a run and returns what stands out, each with its number and what to try. It
prints nothing and changes nothing.
"""

from pilqr_ros.diagnosis.checks import CHECKS
from pilqr_ros.diagnosis.diagnose import diagnose
from pilqr_ros.diagnosis.judgement import Judgement, gathered

__all__ = ["CHECKS", "Judgement", "diagnose", "gathered"]

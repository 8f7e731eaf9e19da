"""What the tests see depends neither on the terminal, nor on the machine's load, nor on chance."""

import os

from hypothesis import HealthCheck, settings

# Before the command line is imported, which looks at them once.
os.environ["COLUMNS"] = "120"
for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

"""What the tests see depends on no terminal: neither on its width nor on its colours."""

import os

# Before the command line is imported, which looks at them once.
os.environ["COLUMNS"] = "120"
for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)

"""``python -m pilqr_ros.cli`` is the command `pilqr`."""

from pilqr_ros.cli import main

if __name__ == "__main__":
    main()

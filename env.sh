# Source this in bash to use pilqr_ros from this checkout: `source env.sh`.
_pilqr_root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# colcon's files read variables that are not set: not for a shell under `set -u`.
[[ $- == *u* ]] && _pilqr_strict=-u || _pilqr_strict=+u
set +u
source "$_pilqr_root/.venv/bin/activate"
source "$_pilqr_root/install/local_setup.bash"
set $_pilqr_strict
# Several numerical threads on small matrices only fight the other nodes for the cores.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"
# Nodes of this machine only, unless the user says otherwise.
export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"
# That limits whom nodes look for; on the loopback interface alone nobody else reaches them either.
if [[ "$ROS_AUTOMATIC_DISCOVERY_RANGE" == LOCALHOST && \
  -z "${FASTDDS_DEFAULT_PROFILES_FILE:-}${FASTRTPS_DEFAULT_PROFILES_FILE:-}" ]]; then
  [[ "${ROS_DISTRO:-}" == jazzy ]] && _pilqr_dds=FASTRTPS || _pilqr_dds=FASTDDS
  export "${_pilqr_dds}_DEFAULT_PROFILES_FILE=$_pilqr_root/config/dds/this_machine.xml"
fi
unset _pilqr_dds _pilqr_root _pilqr_strict

#!/usr/bin/env bash
# Many jobs in flight in one process, beside Esri's clients on the same service in the same run.
#
#   [PROFILE=dev] tests/peers/in_flight.sh [JOBS [SECONDS [JOBS_OF_NODE [JOBS_OF_PYTHON]]]]
#
# Node and Python are asked for what they have: `npm install @esri/arcgis-rest-request@4.10.2` in the folder NODE_HOME, and
# an environment PYTHON with arcgis 2.4.4 (`pip install arcgis==2.4.4 six 'pandas>=3.0,<3.1'`). A client that is not there
# is left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
jobs=${1:-10000} seconds=${2:-60} fewer=${3:-2000} fewest=${4:-300}
profile=${PROFILE:-release}
cargo build --quiet --profile "$profile" -p arcgis-analysis --example in_flight
ours=target/${profile/%dev/debug}/examples/in_flight
ulimit -n "$(ulimit -Hn)"

# The service ends when its stdin does, which is when this script does.
coproc service { exec "$ours" serve; }
read -r IN_FLIGHT_PORTAL <&"${service[0]}"
export IN_FLIGHT_PORTAL

"$ours" drive "$jobs" "$seconds"
if [ -n "${NODE_HOME:-}" ]; then
  script=$PWD/tests/peers/in_flight.mjs
  (cd "$NODE_HOME" && node "$script" "$fewer" "$seconds") || echo "arcgis-rest-js ended with $? at $fewer jobs"
fi
if [ -n "${PYTHON:-}" ]; then
  "$PYTHON" tests/peers/in_flight.py "$fewest" "$seconds" || echo "arcgis (Python) ended with $? at $fewest jobs"
fi

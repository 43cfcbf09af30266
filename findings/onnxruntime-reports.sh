#!/usr/bin/env bash
# onnxruntime reports to Microsoft from Linux too: on import it numbers the machine and asks for its collector's address.
#
# Versions    onnxruntime 1.32.0 (the wheel of PyPI for Linux). ONNXRUNTIME=... in the environment tries another version.
# Behaviour   `import onnxruntime`, and nothing else, writes two files into the user's cache folder: deviceid, a number
#             that stays, and onnxruntime.db, a queue of events; and asks for the address of
#             mobile.events.data.microsoft.com (seen with strace, which is not part of this script). Privacy.md in the
#             wheel says so: it is on unless ORT_DISABLE_TELEMETRY=1 stands in the environment before the import.
#             disable_telemetry_events() comes too late for these files.
# Why         Nothing in a requirements file, in a log or on a terminal tells. A tool that promises to speak with the
#             servers it was given, or that works with data nobody may hear of, has to set the variable by itself.
# Needs       bash, python3 (3.11 or newer), PyPI. Whether the collector can be reached makes no difference.
# Exit        0 while it is so, 1 when any of it no longer is, 2 when the package could not be had.
# Seen        (each in Microsoft/DeveloperTools/.onnxruntime/)
#             as it comes:              deviceid onnxruntime.db
#             ORT_DISABLE_TELEMETRY=1:  nothing
#             disabled by its function: deviceid onnxruntime.db
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "onnxruntime==${ONNXRUNTIME:-1.32.0}" || exit 2
cd "$folder"

# Runs the Python of the second word in a home of its own, and says which files it left there.
look() {
  rm -rf home
  mkdir home
  env -u ORT_DISABLE_TELEMETRY HOME="$folder/home" XDG_CACHE_HOME="$folder/home" "${@:3}" venv/bin/python -c "$2"
  left=$(cd home && find . -name deviceid -o -name onnxruntime.db | sort | sed 's,.*/,,' | paste -sd' ')
  echo "$1 ${left:-nothing}"
}

changed=
look "as it comes:             " "import onnxruntime"
[[ "$left" == *deviceid*onnxruntime.db ]] || changed=yes
look "ORT_DISABLE_TELEMETRY=1: " "import onnxruntime" ORT_DISABLE_TELEMETRY=1
[ -z "$left" ] || changed=yes
look "disabled by its function:" "import onnxruntime; onnxruntime.disable_telemetry_events()"
[[ "$left" == *deviceid*onnxruntime.db ]] || changed=yes
[ -z "$changed" ] || { echo "It is NOT as described: this has changed."; exit 1; }
echo "It is as described."

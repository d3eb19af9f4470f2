#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Shows vmrotate at work, against a test vCenter on this machine's loopback: builds both, backs
# a VM up five times round the ring, then lets a copy die. It writes to ./build, to a temporary
# folder that it removes, and to Go's caches; what it installs it says before.
#
# usage: examples/try.sh [--no-install] [--keep-running]
#   --no-install     install nothing; say what is missing
#   --keep-running   leave the test vCenter up at the end, and say how to play with it
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=examples/packages.sh
. examples/packages.sh

install=yes keep_running=no
for option in "$@"; do
  case $option in
    --no-install) install=no ;;
    --keep-running) keep_running=yes ;;
    -h | --help) sed -n '3,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "try.sh: there is no option '$option'; see examples/try.sh --help" 2 ;;
  esac
done

bold=$'\e[1m' plain=$'\e[0m'
[[ -t 1 && -z ${NO_COLOR:-} ]] || bold='' plain=''

heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

# Shows the command as a user would type it, then runs it.
show() {
  printf '%s$ vmrotate %s%s\n' "$bold" "$*" "$plain"
  "$vmrotate" "$@"
}

control() {
  python3 - "$control_url/do" "$1" <<'PY'
import sys, urllib.request
urllib.request.urlopen(urllib.request.Request(sys.argv[1], sys.argv[2].encode()), timeout=10).read()
PY
}

build_all() {
  local build=build/try
  mkdir -p "$build"
  (cd tests/vcenter && go build -o "../../$build/vcenter" .) >"$build/go.log" 2>&1 &
  go_build=$!
  # -O1: quick to build; what is shown here waits for the network anyway.
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" \
    -DCMAKE_UNITY_BUILD=ON \
    -DBUILD_TESTING=OFF >"$log" 2>&1 &&
    cmake --build "$build" --target vmrotate >>"$log" 2>&1 ||
    { tail -n 30 "$log" >&2; die "the build failed; the whole output is in $log"; }
  wait "$go_build" || { tail -n 30 "$build/go.log" >&2; die "the test vCenter could not be built"; }
  go_build=''
  vmrotate=$PWD/$build/cli/vmrotate vcenter=$PWD/$build/vcenter
}

# The test vCenter ends when its standard input does: the writing end of the pipe is ours.
start_vcenter() {
  cat >"$work/vcenter.json" <<JSON
{"copyMs": 2500, "createMs": 150, "removeMs": 250, "password": "$password",
 "writeCert": "$work/vcenter.pem"}
JSON
  mkfifo "$work/alive"
  if [[ $keep_running = yes ]]; then
    # `sleep` outlives this script and holds the pipe open.
    nohup sleep infinity >"$work/alive" 2>/dev/null &
    holder=$!
  fi
  "$vcenter" "$work/vcenter.json" <"$work/alive" >"$work/ready.json" 2>"$work/vcenter.log" &
  server=$!
  exec 9>"$work/alive"
  for _ in $(seq 100); do
    [[ -s $work/ready.json ]] && break
    kill -0 "$server" 2>/dev/null || die "the test vCenter did not start: $(cat "$work/vcenter.log")"
    sleep 0.1
  done
  [[ -s $work/ready.json ]] || die "the test vCenter did not get ready: $(cat "$work/vcenter.log")"
  url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])' <"$work/ready.json")
  control_url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["control"])' <"$work/ready.json")
  address=${url#https://}
  address=${address%/sdk}
}

# Stops everything that this script started; on Ctrl-C too.
stop_all() {
  local code=$?
  set +e
  trap - EXIT INT TERM
  exec 9>&-
  [[ -n ${go_build:-} ]] && kill "$go_build" 2>/dev/null
  if [[ $keep_running = yes && $code = 0 ]]; then
    return
  fi
  [[ -n ${holder:-} ]] && kill "$holder" 2>/dev/null
  [[ -n ${server:-} ]] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  rm -rf "$work"
  exit "$code"
}

write_configuration() {
  cat >"$VMROTATE_CONFIG" <<TOML
[vcenter]
server = "$address"
ca_file = "$work/vcenter.pem"
store = "$work/credentials"

[defaults]
datastore = "NFS_durian"
folder = "backup"
keep = 3
TOML
}

tell_how_to_play() {
  cat <<TEXT

The test vCenter goes on at $url (user backup@vsphere.local). To play with it:
  export VMROTATE_CONFIG=$VMROTATE_CONFIG XDG_STATE_HOME=$XDG_STATE_HOME
  $vmrotate backup papaya3 --keep 2
  $vmrotate list avocado2 --json
  curl -s $control_url/state        # what it knows
  curl -s $control_url/do -d '{"action": "next", "method": "CloneVM_Task", "failAt": 60, "fault": "NoDiskSpace"}'
To stop it and remove its files:
  kill $holder $server; rm -rf $work
TEXT
}

if [[ $install = yes ]]; then
  say "This builds vmrotate and a test vCenter in ./build."
  install_all "${build_packages[@]}"
else
  name_missing "${build_packages[@]}"
fi
use_go

mkdir -p build
log=$PWD/build/try.log
work=$(mktemp -d "${TMPDIR:-/tmp}/vmrotate-try.XXXXXX")
server='' holder='' go_build=''
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export VMROTATE_CONFIG=$work/vmrotate.toml XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
unset STATE_DIRECTORY

heading "Building (the output goes to build/try.log)"
build_all
password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
start_vcenter
write_configuration
printf 'built %s; the test vCenter listens at %s\n' "$("$vmrotate" --version)" "$url"

heading "A credential store: the password comes from standard input, never from an argument"
printf '%s\n' "$password" |
  "$vmrotate" credential add --user backup@vsphere.local --password-stdin
show credential list

for run in 1 2 3 4 5; do
  heading "Backup $run of 5: the ring has 4 slots, 3 generations stay"
  show backup avocado2
  show list avocado2
done

heading "What the next run would do"
show plan avocado2

heading "A bad day: the copy dies at 60 %"
control '{"action": "next", "method": "CloneVM_Task", "failAt": 60, "fault": "SystemError", "message": "the host that copies went away"}'
code=0
show backup avocado2 || code=$?
printf 'exit code %s\n' "$code"
[[ $code = 1 ]] || die "a copy that dies has to end with exit code 1"
show list avocado2
snapshots=$(python3 -c '
import json, sys, urllib.request
state = json.load(urllib.request.urlopen(sys.argv[1] + "/state", timeout=10))
print(sum(len(vm["snapshots"]) for vm in state["vms"]))' "$control_url")
printf 'snapshots left in the whole vCenter: %s\n' "$snapshots"
[[ $snapshots = 0 ]] || die "a snapshot was left behind"

if [[ $keep_running = yes ]]; then tell_how_to_play; fi
heading "Done"

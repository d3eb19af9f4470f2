#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same job as `vmrotate backup VM`, as an admin writes it with govc: the yardstick, not an example to follow.
# usage: peer_govc.sh URL VM DATASTORE FOLDER KEEP      (URL: https://user:password@host:port/sdk; GOVC names the binary)
set -euo pipefail
export GOVC_URL=$1 GOVC_INSECURE=1
vm=$2 datastore=$3 folder=$4 keep=$5 govc=${GOVC:-govc}

source=$("$govc" find / -type m -name "$vm")
[ "$(printf '%s\n' "$source" | grep -c .)" = 1 ] || { echo "$vm: not exactly one virtual machine has this name" >&2; exit 1; }
place=$("$govc" find / -type f -name "$folder" | head -n 1)
mapfile -t old < <("$govc" find "$place" -type m -name "zz_$vm-*" | sed 's/.*-\([0-9]\{12\}\)$/\1 &/' | sort | cut -d' ' -f2-)
slot=1
if [ "${#old[@]}" -gt 0 ]; then
  newest=${old[-1]##*/} number=${newest#zz_"$vm"-} number=${number%%-*}
  slot=$((10#$number % (keep + 1) + 1))
fi
name=$(printf 'zz_%s-%02d-%s' "$vm" "$slot" "$(date +%Y%m%d%H%M)")
pool=$("$govc" object.collect -s "$source" resourcePool)

"$govc" snapshot.create -vm "$source" -m=false "Clone Snapshot" >/dev/null
"$govc" vm.clone -vm "$source" -snapshot "Clone Snapshot" -pool "$pool" -ds "$datastore" -folder "$place" -on=false "$name" >/dev/null
"$govc" snapshot.remove -vm "$source" "Clone Snapshot" >/dev/null
for ((i = 0; i < ${#old[@]} + 1 - keep; i++)); do "$govc" vm.destroy "${old[i]}" >/dev/null; done

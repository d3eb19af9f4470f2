#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A ZFS snapshot of the file system behind the VM's datastore, taken while the VM's own snapshot
# stands: what lies in it can be used as the VMware snapshot left it. For the hook after_snapshot:
#
#   after_snapshot = ["/usr/local/lib/vmrotate/zfs-snapshot.sh", "root@nas.example.com",
#                     "NFS_mango=tank/vm", "7"]
#
# usage: zfs-snapshot.sh USER@NAS DATASTORE=FILESYSTEM... KEEP
#
# It logs in by a key without a passphrase (BatchMode never asks), makes the snapshot
# FILESYSTEM@vmrotate-<VM>-<id>-<run> of each file system that the VM has disks on, and destroys the
# oldest of this VM's beyond KEEP. A datastore that is not listed is an error: nothing half done.
set -eu

die() {
  printf 'zfs-snapshot.sh: %s\n' "$1" >&2
  exit 1
}

[ $# -ge 3 ] || die "usage: zfs-snapshot.sh USER@NAS DATASTORE=FILESYSTEM... KEEP"
[ -n "${VMROTATE_SOURCE_DATASTORES-}" ] || die "it is to be run by vmrotate, as after_snapshot"
nas=$1
shift
for keep; do :; done
case $keep in '' | *[!0-9]* | 0*) die "'$keep' is no number of snapshots" ;; esac

# A name that ZFS and the other side's shell take as it stands.
plain() { printf '%s' "$1" | LC_ALL=C tr -c 'A-Za-z0-9_.-' '_'; }

remote() { ssh -o BatchMode=yes -o ConnectTimeout=20 -- "$nas" "$@" </dev/null; }

filesystem_of() {
  datastore=$1
  shift
  for pair; do
    if [ "${pair%%=*}" != "$datastore" ] || [ "$pair" = "$datastore" ]; then continue; fi
    case ${pair#*=} in *[!A-Za-z0-9_.:/-]* | '' | -*) die "'${pair#*=}' is no file system" ;; esac
    printf '%s\n' "${pair#*=}"
    return
  done
  die "no file system is given for the datastore '$datastore'"
}

name=vmrotate-$(plain "$VMROTATE_VM")-$(plain "$VMROTATE_SOURCE")
filesystems=$(printf '%s\n' "$VMROTATE_SOURCE_DATASTORES" | while IFS= read -r datastore; do
  filesystem_of "$datastore" "$@" || exit 1
done) || exit 1

for filesystem in $filesystems; do
  remote zfs snapshot "$filesystem@$name-$VMROTATE_RUN"
  echo "made $filesystem@$name-$VMROTATE_RUN"
  snapshots=$(remote zfs list -H -d 1 -t snapshot -o name -S creation "$filesystem")
  count=0
  for snapshot in $snapshots; do # the newest first
    run=${snapshot#"$filesystem@$name-"}
    if [ "${#run}" != 32 ] || [ "$filesystem@$name-$run" != "$snapshot" ]; then continue; fi
    count=$((count + 1))
    if [ "$count" -le "$keep" ]; then continue; fi
    remote zfs destroy "$snapshot"
    echo "destroyed $snapshot"
  done
done

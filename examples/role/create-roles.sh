#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes vmrotate's roles in vCenter and gives them to its account. Run it again after a change: it
# sets roles and permissions to what is said here, and touches no others. It needs govc, with an
# administrator's logon in GOVC_URL and the like.
#
# usage: create-roles.sh --principal ACCOUNT --source PATH --folder PATH --datastore PATH
#                        --pool PATH --network PATH [--adopt PATH] [--print]
#   --principal ACCOUNT   vmrotate's account, such as backup@vsphere.local
#   --source PATH         what is backed up: a folder of VMs, a VM, or the datacenter
#   --folder PATH         the backup folder, the only place where it may delete
#   --datastore PATH      where copies lie
#   --pool PATH           hosts, clusters or resource pools of the copies
#   --network PATH        networks of the VMs
#   --adopt PATH          a folder with an older script's clones
#   --print               only print the govc commands
# All but --principal and --print may be given several times.
# Example: GOVC_URL=vc.example.com GOVC_USERNAME=administrator@vsphere.local ./create-roles.sh \
#   --principal backup@vsphere.local --source /DC/vm --folder /DC/vm/backup \
#   --datastore /DC/datastore/NFS_durian --pool /DC/host --network /DC/network
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
declare -A paths
account='' only_print=''

die() {
  printf 'create-roles.sh: %s\n' "$1" >&2
  exit 2
}

while (($#)); do
  case $1 in
    -h | --help) sed -n '3,22s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --print) only_print=yes; shift; continue ;;
  esac
  (($# > 1)) || die "$1 wants a value; see --help"
  case $1 in
    --principal) account=$2 ;;
    --source | --folder | --datastore | --pool | --network | --adopt) paths[${1#--}]+=$2$'\n' ;;
    *) die "there is no option '$1'; see --help" ;;
  esac
  shift 2
done
[[ -n $account ]] || die "--principal is missing; see --help"
for kind in source folder datastore pool network; do
  [[ -n ${paths[$kind]:-} ]] || die "--$kind is missing; see --help"
done

run() {
  if [[ -n $only_print ]]; then
    printf '%q ' govc "$@"
    printf '\n'
  else
    govc "$@"
  fi
}

# The privileges of a role, one a line.
privileges_of() { sed -n "s/^$1 \{1,\}\([A-Za-z.]*\) .*/\1/p" "$here/privileges"; }

has_role() { [[ -z $only_print ]] && govc role.ls "$1" >/dev/null 2>&1; }

run permissions.set -principal "$account" -role ReadOnly /
for kind in source folder datastore pool network adopt; do
  [[ -n ${paths[$kind]:-} ]] || continue
  mapfile -t privileges < <(privileges_of "$kind")
  mapfile -t objects < <(printf '%s' "${paths[$kind]}")
  if has_role "vmrotate-$kind"; then
    run role.update "vmrotate-$kind" "${privileges[@]}"
  else
    run role.create "vmrotate-$kind" "${privileges[@]}"
  fi
  run permissions.set -principal "$account" -role "vmrotate-$kind" "${objects[@]}"
done

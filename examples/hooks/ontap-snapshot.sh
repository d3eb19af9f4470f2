#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A snapshot of the NetApp ONTAP volume behind the VM's datastore, by ONTAP's REST interface (9.6 or
# newer), taken while the VM's own snapshot stands. For the hook after_snapshot:
#
#   after_snapshot = ["/usr/local/lib/vmrotate/ontap-snapshot.sh", "cluster.example.com",
#                     "/etc/vmrotate/ontap.netrc", "NFS_mango=svm1:vol_mango"]
#
# usage: ontap-snapshot.sh CLUSTER NETRC DATASTORE=SVM:VOLUME...
#
# NETRC is a file that only vmrotate's user can read, with one line:
#   machine cluster.example.com login vmrotate password ...
# Its account needs a role with access to /api/storage/volumes, all. ONTAP_CA_FILE may name the
# authority of the cluster's certificate, which is always verified. How many snapshots stay is
# the volume's snapshot policy's business, or ONTAP's expiry: set ONTAP_EXPIRES (such as "+7 days").
set -eu

die() {
  printf 'ontap-snapshot.sh: %s\n' "$1" >&2
  exit 1
}

[ $# -ge 3 ] || die "usage: ontap-snapshot.sh CLUSTER NETRC DATASTORE=SVM:VOLUME..."
[ -n "${VMROTATE_SOURCE_DATASTORES-}" ] || die "it is to be run by vmrotate, as after_snapshot"
cluster=$1 netrc=$2
shift 2
[ -r "$netrc" ] || die "cannot read '$netrc'"
case $(stat -c %a -- "$netrc") in *00) ;; *) die "others can read '$netrc': chmod 600 it" ;; esac

# One call of the interface: its answer on standard output, an error is a failure.
call() {
  method=$1 path=$2
  shift 2
  curl --silent --show-error --fail --max-time 60 --netrc-file "$netrc" \
    ${ONTAP_CA_FILE:+--cacert "$ONTAP_CA_FILE"} --header 'Accept: application/json' \
    --request "$method" "$@" "https://$cluster/api/$path"
}

place_of() {
  datastore=$1
  shift
  for pair; do
    if [ "${pair%%=*}" != "$datastore" ] || [ "$pair" = "$datastore" ]; then continue; fi
    case ${pair#*=} in
      *[!A-Za-z0-9_.:-]* | *:*:* | :* | *:) ;;
      *:*) printf '%s\n' "${pair#*=}"; return ;;
    esac
    die "'${pair#*=}' is not SVM:VOLUME"
  done
  die "no volume is given for the datastore '$datastore'"
}

places=$(printf '%s\n' "$VMROTATE_SOURCE_DATASTORES" | while IFS= read -r datastore; do
  place_of "$datastore" "$@" || exit 1
done) || exit 1

snapshot=vmrotate-$(printf '%s' "$VMROTATE_VM" | LC_ALL=C tr -c 'A-Za-z0-9_.-' '_')-$VMROTATE_RUN
expiry=''
[ -z "${ONTAP_EXPIRES-}" ] || expiry=",\"expiry_time\":\"$(date -u -d "$ONTAP_EXPIRES" +%Y-%m-%dT%H:%M:%SZ)\""

for place in $places; do
  found=$(call GET "storage/volumes?svm.name=${place%%:*}&name=${place#*:}&fields=uuid")
  uuid=$(printf '%s' "$found" | tr -d ' \n' | sed -n 's/.*"uuid":"\([0-9a-f-]\{36\}\)".*/\1/p')
  [ -n "$uuid" ] || die "the cluster knows no volume '${place#*:}' of '${place%%:*}'"
  call POST "storage/volumes/$uuid/snapshots?return_timeout=60" \
    --header 'Content-Type: application/json' \
    --data "{\"name\":\"$snapshot\"$expiry}" >/dev/null
  echo "made $snapshot of ${place#*:}"
done

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Compares vmrotate with the same job done with pyvmomi and with govc, against test vCenters on this
# machine's loopback, and prints the table of README.md. It takes some minutes; other work on the
# machine makes its figures worse.
#
# usage: tests/bench/run.sh [--no-install] [options of bench.py...]
#
# It installs what is missing (apt), builds the program as it is shipped, the test vCenter and govc
# (by go), and puts pyvmomi (by pip) into a folder of its own below build/.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=examples/packages.sh
. examples/packages.sh

install=install_all
if [[ ${1:-} = --no-install ]]; then
  shift
  install=name_missing
fi
"$install" "${build_packages[@]}" python3-venv
use_go
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
build=$PWD/build/bench
mkdir -p "$build"

say '== build'
cmake -S . -B "$build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE='-O2 -DNDEBUG' -DCMAKE_UNITY_BUILD=ON -DBUILD_TESTING=OFF >&2
cmake --build "$build/release" --target vmrotate >&2
(cd tests/vcenter && go build -o "$build/vcenter" .)
(cd tests/bench/govc && go build -o "$build/govc" .)
cc -O2 -o "$build/measure" tests/bench/measure.c
if [[ ! -x $build/venv/bin/python ]]; then python3 -m venv "$build/venv"; fi
"$build/venv/bin/pip" install --quiet --disable-pip-version-check pyvmomi >&2

say '== measure'
VMROTATE=$build/release/cli/vmrotate VMROTATE_TEST_VCENTER=$build/vcenter \
  exec python3 tests/bench/bench.py --measure "$build/measure" --python "$build/venv/bin/python" \
  --govc "$build/govc" --folder "$build" "$@"

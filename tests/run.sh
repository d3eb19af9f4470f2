#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds the program with its tests, and runs them all.
# usage: tests/run.sh [--no-install] [ctest options...]
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=examples/packages.sh
. examples/packages.sh

if [[ ${1:-} = --no-install ]]; then
  shift
  name_missing "${build_packages[@]}" "${test_packages[@]}"
else
  install_all "${build_packages[@]}" "${test_packages[@]}"
fi
use_go
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost

build=${VMROTATE_BUILD:-build/tests}
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DVMROTATE_WERROR=ON \
  -DVMROTATE_SANITIZE=address,undefined
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 300 -j "$(nproc)" "$@"

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds the program with its tests, and runs them all.
# usage: tests/run.sh [--no-install] [--long | --coverage] [ctest options...]
#
# With ctest options, what they select; without, all stages: the program as it is shipped; unit,
# store and contract tests and the main ways end to end under AddressSanitizer, the others on the
# program as it is shipped; a share of the cells of tests/chaos; fuzzing.
# --long      takes hours: all ways end to end under AddressSanitizer, every cell of tests/chaos
#             (with ctest options too), fuzzing for two hours a target, ThreadSanitizer.
# --coverage  counts the lines of the deleting code that the tests run, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=examples/packages.sh
. examples/packages.sh

install=install_all
if [[ ${1:-} = --no-install ]]; then
  shift
  install=name_missing
fi
mode=usual
if [[ ${1:-} = --long || ${1:-} = --coverage ]]; then
  mode=${1#--}
  shift
fi
"$install" "${build_packages[@]}" "${test_packages[@]}"
mapfile -t more < <(clang_runtime)
[[ $mode != coverage ]] || more+=(gcovr)
"$install" clang "${more[@]}"
use_go
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
build=${VMROTATE_BUILD:-build/tests}
if [[ $mode = long ]]; then export VMROTATE_TEST_LONG=yes; fi
times=()

# stage NAME COMMAND...: runs it, and keeps how long it took for the table at the end.
stage() {
  local name=$1 begin=$SECONDS
  shift
  say "== $name"
  "$@"
  times+=("$(printf '%6d s  %s' $((SECONDS - begin)) "$name")")
}

# Several sources in one unit: it takes a third of the time.
configure() {
  local folder=$1
  shift
  cmake -S . -B "$folder" -G Ninja -DVMROTATE_WERROR=ON -DCMAKE_UNITY_BUILD=ON "$@"
}

build_release() {
  configure "$build-release" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE='-O2 -DNDEBUG' \
    -DBUILD_TESTING=OFF
  cmake --build "$build-release" --target vmrotate
}

# With clang, which takes half the time for it: so either compiler warns of what it sees.
build_tests() {
  local all_sanitized=OFF
  [[ $mode != long ]] || all_sanitized=ON
  configure "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O0 -g1' -DVMROTATE_SANITIZE=address,undefined \
    -DVMROTATE_SHIPPED="$(realpath "$build-release")" -DVMROTATE_ALL_SANITIZED="$all_sanitized"
  cmake --build "$build"
}

# Many tests wait more than they work: twice as many at once as there are processors.
run_tests() {
  ctest --test-dir "$1" --output-on-failure --no-tests=error --timeout 900 -j "$((2 * $(nproc)))" \
    "${@:2}"
}

build_fuzz_targets() {
  configure "$build-fuzz" -DVMROTATE_FUZZ=ON -DVMROTATE_WERROR=OFF -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O1 -gline-tables-only'
  cmake --build "$build-fuzz" --target fuzz_targets
}

# What runs in several threads: the client's connections, waiting, cancelling, many VMs at once.
build_threads() {
  configure "$build-threads" -DCMAKE_BUILD_TYPE=Debug -DVMROTATE_SANITIZE=thread \
    -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1'
  cmake --build "$build-threads"
}

run_threads() {
  local clients='copied_at|endpoint|names|replies|retry|stop'
  local nights='board|fleet|freeze|guest prober|in step|JobHooks|muster|neighbours|source lock|turn'
  TSAN_OPTIONS="suppressions=$PWD/tests/threads.supp" run_tests "$build-threads" -R \
    "^(contract: |unit:($clients|$nights)|end to end: test_(copies|fleet|freeze|groups|hooks|runs)\.)"
}

count_lines() {
  configure "$build-coverage" -DCMAKE_BUILD_TYPE=Debug -DVMROTATE_COVERAGE=ON -DCMAKE_UNITY_BUILD=OFF
  cmake --build "$build-coverage"
  run_tests "$build-coverage" -LE chaos
  gcovr --root . --object-directory "$build-coverage" --exclude-throw-branches \
    --exclude-unreachable-branches --filter cli/rotation/ --filter credstore/ \
    --filter 'cli/job/(clean_vm|commit|copy|deletion|discard|expire|heal|prune_vm|retention|settle|snapshot_guard|verify)' \
    --txt "$build-coverage/lines.txt" --json "$build-coverage/lines.json" --print-summary
  gcovr --add-tracefile "$build-coverage/lines.json" --branches
  cat "$build-coverage/lines.txt"
}

if (($#)); then
  build_release
  build_tests
  run_tests "$build" "$@"
  exit
fi
if [[ $mode = coverage ]]; then
  count_lines
  exit
fi

seconds=60
[[ $mode != long ]] || seconds=7200
stage 'release: build' build_release
stage 'tests: build' build_tests
stage 'tests: run' run_tests "$build"
stage 'fuzz: build' build_fuzz_targets
stage 'fuzz: run' python3 tests/fuzz/run.py "$build-fuzz" --seconds "$seconds"
if [[ $mode = long ]]; then
  stage 'threads: build' build_threads
  stage 'threads: run' run_threads
fi
say 'How long it took:'
printf '%s\n' "${times[@]}" >&2

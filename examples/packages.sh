# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What has to be on the machine; sourced by try.sh and tests/run.sh.

# To build the program; and Go, for the test vCenter.
build_packages=(cmake g++ git ca-certificates gsoap libcli11-dev libfmt-dev libgsoap-dev libssl-dev
  libtomlplusplus-dev ninja-build nlohmann-json3-dev openssl pkg-config python3 zlib1g-dev)
test_packages=(doctest-dev)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$1"
  exit "${2:-1}"
}

# True if a Go of at least 1.23 answers to this name.
is_new_go() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 23))
}

# Prints the path of a Go that is new enough, if there is one.
find_go() {
  local candidate
  for candidate in go /usr/local/go/bin/go /usr/lib/go-1.2[3-9]/bin/go /usr/lib/go/bin/go; do
    if is_new_go "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

as_root() {
  if [[ $(id -u) = 0 ]]; then
    "$@"
  else
    command -v sudo >/dev/null || die "this needs root: run it as root or install sudo, or use --no-install"
    sudo "$@"
  fi
}

# Those of the given packages that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

# Installs Go from the distribution: its own version, else a versioned one, else backports.
install_go() {
  local package
  for package in golang-go golang-1.26-go golang-1.25-go golang-1.24-go golang-1.23-go; do
    apt-cache show "$package" >/dev/null 2>&1 || continue
    [[ $package != golang-go || $(apt-cache policy golang-go | awk '/Candidate/ {print $2}') =~ 1\.(2[3-9]|[3-9][0-9]) ]] || continue
    as_root apt-get install -y --no-install-recommends "$package" >&2 && find_go >/dev/null && return
  done
  # shellcheck source=/dev/null
  . /etc/os-release
  if [[ ${ID:-} = debian ]] && apt-cache policy | grep -q -- "-backports"; then
    as_root apt-get install -y --no-install-recommends -t "$VERSION_CODENAME-backports" golang-go >&2 && return
  elif [[ ${ID:-} = debian ]]; then
    say "Go 1.23 or newer is in Debian's backports, which this machine does not use yet; adding them"
    echo "deb http://deb.debian.org/debian $VERSION_CODENAME-backports main" |
      as_root tee "/etc/apt/sources.list.d/$VERSION_CODENAME-backports.list" >/dev/null
    as_root apt-get update >&2
    as_root apt-get install -y --no-install-recommends -t "$VERSION_CODENAME-backports" golang-go >&2 && return
  fi
  die "Go 1.23 or newer is needed for the test vCenter and this distribution has none: install it from go.dev and put it on the PATH"
}

# install_all PACKAGE...: says what it will do, then does it; nothing where nothing is missing.
install_all() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]})); then
    say "To be installed with apt-get (needs root or sudo): ${missing[*]}"
    as_root apt-get update >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2
  fi
  if ! find_go >/dev/null; then
    say "To be installed (needs root or sudo): Go 1.23 or newer, for the test vCenter"
    install_go
  fi
}

# Puts a Go that is new enough first on the PATH.
use_go() {
  local go
  go=$(find_go) || die "Go 1.23 or newer is needed for the test vCenter; run without --no-install, or install it"
  PATH=$(dirname "$go"):$PATH
  export PATH GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
}

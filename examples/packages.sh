# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What has to be on the machine; sourced by try.sh and tests/run.sh.

# To build the program; and Go, for the test vCenter.
build_packages=(cmake g++ ca-certificates gsoap libcli11-dev libexpat1-dev libfmt-dev libgsoap-dev
  libsecret-1-dev libssl-dev libtomlplusplus-dev ninja-build nlohmann-json3-dev pkg-config python3
  zlib1g-dev)
test_packages=(ansible-core dbus-daemon doctest-dev gnome-keyring libsecret-1-0 scdoc shellcheck strace)

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

# The package with what clang's sanitizers and its fuzzer need at run time; it is named after clang's
# version. Nothing where clang itself brings it along, or is not to be had.
clang_runtime() {
  local version
  version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
  if apt-cache policy "libclang-rt-$version-dev" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
    echo "libclang-rt-$version-dev"
  fi
}

# True if apt knows this suite.
has_suite() { apt-cache policy 2>/dev/null | grep -- "n=$1" >/dev/null; }

# How this distribution gives a Go of at least 1.23: a package, or "backports", or nothing.
go_source() {
  local package version
  for package in golang-go golang-1.26-go golang-1.25-go golang-1.24-go golang-1.23-go; do
    version=$(apt-cache policy "$package" 2>/dev/null | awk '/Candidate:/ {print $2}')
    if [[ $version =~ 1\.(2[3-9]|[3-9][0-9]) ]]; then
      echo "$package"
      return
    fi
  done
  # shellcheck source=/dev/null
  if [[ $(. /etc/os-release && echo "${ID:-}") = debian ]]; then echo backports; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a \
    apt-get install -y --no-install-recommends "$@" >&2
}

install_go() {
  local source=$1 suite
  case $source in
    '') die "Go 1.23 or newer is needed for the test vCenter, and this distribution has none: install it and put it on the PATH" ;;
    backports)
      # shellcheck source=/dev/null
      suite=$(. /etc/os-release && echo "$VERSION_CODENAME")-backports
      if ! has_suite "$suite"; then
        echo "deb http://deb.debian.org/debian $suite main" |
          as_root tee "/etc/apt/sources.list.d/$suite.list" >/dev/null
        as_root apt-get update >&2
      fi
      apt_install -t "$suite" golang-go
      ;;
    *) apt_install "$source" ;;
  esac
}

# install_all PACKAGE...: says all that it will do, then does it; nothing where nothing is missing.
install_all() {
  local missing needs_go='' source=''
  mapfile -t missing < <(missing_packages "$@")
  find_go >/dev/null || needs_go=yes
  if ((${#missing[@]} == 0)) && [[ -z $needs_go ]]; then return; fi
  say "With apt-get, which needs root or sudo (--no-install skips it), this installs:"
  ((${#missing[@]} == 0)) || say "  ${missing[*]}"
  [[ -z $needs_go ]] || say "  Go 1.23 or newer, for the test vCenter; on Debian 12 from its backports, which are then added to apt's sources"
  as_root apt-get update >&2
  ((${#missing[@]} == 0)) || apt_install "${missing[@]}"
  if [[ -n $needs_go ]]; then
    source=$(go_source)
    install_go "$source"
    find_go >/dev/null || die "Go was installed and does not answer; put one of at least 1.23 on the PATH"
  fi
}

# Names what is missing, for --no-install.
name_missing() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) || say "not installed, so the build may fail: ${missing[*]}"
}

# Puts a Go that is new enough first on the PATH.
use_go() {
  local go
  go=$(find_go) || die "Go 1.23 or newer is needed for the test vCenter; run without --no-install, or install it"
  PATH=$(dirname "$go"):$PATH
  export PATH GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
}

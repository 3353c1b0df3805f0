#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/packages.sh build|quickstart|test|bench
# The Debian packages that are needed, in one place. Installs those that are missing; with all of them there it does
# nothing, and needs neither root nor a network.
set -euo pipefail

build=(autoconf automake gcc libc6-dev libcurl4-openssl-dev libevent-dev libjansson-dev libjwt-dev libprotobuf-c-dev
  libssl-dev libyaml-dev make pkg-config protobuf-c-compiler)
quickstart=(curl jq openssl)
test=(ca-certificates clang-format clang-tidy e2fsprogs libcmocka-dev mandoc mount nginx procps python3-boto3
  python3-cryptography python3-jwt python3-pytest python3-pytest-xdist python3-yaml shellcheck systemd valgrind zsh)
bench=(nginx procps wrk)
# Where Node.js was installed from elsewhere, Debian's packages of it would conflict: these go by their commands.
test_commands=(node:nodejs npm:npm)

wanted=("${build[@]}")
commands=()
case "${1:-}" in
build) ;;
quickstart) wanted+=("${quickstart[@]}") ;;
test) wanted+=("${quickstart[@]}" "${test[@]}") commands=("${test_commands[@]}") ;;
bench) wanted+=("${bench[@]}") ;;
*)
  echo "usage: $0 build|quickstart|test|bench" >&2
  exit 2
  ;;
esac

installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
  installed "$package" || missing+=("$package")
done
for pair in "${commands[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "These Debian packages are missing. As root: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "Installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# nginx, which is a test's and not the machine's, is not started by being installed (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$log" "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
{ apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || {
  cat "$log" >&2
  echo "The installation failed; what apt-get said stands above." >&2
  exit 1
}

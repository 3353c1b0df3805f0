#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Static analysis of the program's sources by cppcheck and clang-tidy (.clang-tidy says with which checks). Any finding
# fails. One that is wrong is answered where it stands: "cppcheck-suppress ID ; why", or "NOLINT(check): why".
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
mapfile -t sources < <(find base conf keys issuer cli -name '*.c' | sort)

# memleak, resourceLeak: cppcheck does not know the cleanup attribute; the sanitizers and valgrind look for leaks.
# uninitvar: nor that an array parameter is written ("char out[static N]"); the compilers watch that themselves.
# readdirCalled: readdir_r is deprecated, and readdir safe on a stream of one's own.
mkdir -p build/cppcheck
cppcheck -j "$jobs" --quiet --error-exitcode=1 --inline-suppr --cppcheck-build-dir=build/cppcheck \
  --enable=warning,performance,portability --std=c11 --library=posix -I . -I include -D__GNUC__=12 \
  --suppress=memleak --suppress=resourceLeak --suppress=uninitvar --suppress=readdirCalled "${sources[@]}"

printf '%s\0' "${sources[@]}" |
  xargs -0 -n 8 -P "$jobs" sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 -I. -Iinclude -DMM_VERSION=\"analysis\"' clang-tidy

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Static analysis of the program's sources by clang-tidy; .clang-tidy says with which checks. Any finding fails. One
# that is wrong is answered where it stands: "NOLINT(check): why".
set -euo pipefail
cd "$(dirname "$0")/.."

# What protoc-c makes is needed, and not looked at.
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
mkdir "$made/generated"
protoc-c --proto_path=issuer/kube --c_out="$made/generated" issuer/kube/kubernetes.proto

# What clang says of warnings in the system's headers, which it does not show, is left out.
flags="-std=gnu11 -I. -Iinclude -isystem $made -D_GNU_SOURCE -DMM_VERSION=\\\"0\\\""
# Nearly all of the time goes into paths through calls. What is found is found early in a function: a tenth of the states
# that are looked at unless something else is said finds the same in a fifth of the time.
flags+=" -Xclang -analyzer-config -Xclang max-nodes=20000"
find base conf keys issuer cli -name '*.c' -print0 | sort -z |
  xargs -0 -n 8 -P "$(nproc)" sh -c "clang-tidy --quiet \"\$@\" -- $flags" clang-tidy \
    2> >(grep -v '^[0-9]* warnings\? generated\.$' >&2)

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/bench/run.sh [BUILD_DIR]
# Runs every bench_*.sh, one after the other, and ends with a table of their figures: README.md says how to read it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build_dir=$(realpath "${1:-$here/../../build/release}")

"$here/../../scripts/packages.sh" bench
make -s -C "$build_dir" mintmark tests/bench/bench_token >&2

output=$(mktemp)
trap 'rm -f "$output"' EXIT
failed=()
for bench in "$here"/bench_*.sh; do
  name=$(basename "$bench" .sh)
  printf '\n== %s\n' "$name"
  "$bench" "$build_dir" | tee -a "$output" || failed+=("$name")
done

printf '\n== figures, on %s cores of %s\n' "$(nproc)" "$(sed -n 's/^model name[^:]*: //p;' /proc/cpuinfo | head -1)"
sed -n 's/^figure: //p' "$output"
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed, or missed their goal: ${failed[*]}"
  exit 1
fi

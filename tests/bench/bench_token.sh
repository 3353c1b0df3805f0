#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whole tokens in-process against the bare signatures of `openssl speed`, one core, the same type of key, alternately,
# so that both meet the same machine: bench_token.sh [BUILDDIR] [ROUNDS]. Exit 1 when a median ratio misses its target.
set -eu
builddir=${1:-.}
rounds=${2:-15}
bench=$builddir/tests/bench/bench_token

# Signatures a second: "+F2:index:bits:sign:verify" for RSA, +F4 for ECDSA.
speed() {
	openssl speed -mr -seconds 1 "$1" 2>/dev/null | awk -F: '/^\+F[24]:/ { print $4 }'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

failed=0
compare() {
	alg=$1 type=$2 target=$3
	ratio=$(
		for _ in $(seq "$rounds"); do
			limit=$(speed "$type")
			tokens=$("$bench" "$alg" 1)
			echo "$alg: $tokens tokens/s, $limit signatures/s" >&2
			echo "$tokens $limit" | awk '{ printf "%.4f\n", $1 / $2 }'
		done | median
	)
	echo "figure: $alg token / openssl speed $type: $ratio (goal >= $target, median of $rounds)"
	awk -v r="$ratio" -v t="$target" 'BEGIN { exit !(r >= t) }' || failed=1
}

compare RS256 rsa2048 0.95
compare ES256 ecdsap256 0.75
exit $failed

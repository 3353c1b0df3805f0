#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whole tokens in-process, and TokenRequests and TokenReviews as their handlers answer them, against the bare signatures
# of `openssl speed`, one core, the same type of key, alternately, so that both meet the same machine:
# bench_token.sh [BUILDDIR] [ROUNDS]. Exit 1 when a median ratio misses its target.
set -eu
builddir=${1:-.}
rounds=${2:-15}
bench=$builddir/tests/bench/bench_token
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

failed=0
# compare WORK ALG TYPE sign|verify TARGET
compare() {
	work=$1 alg=$2 type=$3 what=$4 target=$5
	ratio=$(
		for _ in $(seq "$rounds"); do
			limit=$(openssl_speed "$type" "$what")
			rate=$("$bench" "$alg" 1 "$work")
			echo "$alg $work: $rate/s, openssl $what: $limit/s" >&2
			echo "$rate $limit" | awk '{ printf "%.4f\n", $1 / $2 }'
		done | median
	)
	echo "figure: $alg $work / openssl speed $type $what: $ratio (goal >= $target, median of $rounds)"
	awk -v r="$ratio" -v t="$target" 'BEGIN { exit !(r >= t) }' || failed=1
}

compare token RS256 rsa2048 sign 0.95
compare token ES256 ecdsap256 sign 0.75
compare request RS256 rsa2048 sign 0.90
compare request ES256 ecdsap256 sign 0.60
compare review RS256 rsa2048 verify 0.50
exit $failed

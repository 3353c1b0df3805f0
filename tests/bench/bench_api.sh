#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# TokenRequest and TokenReview over plain keep-alive HTTP: the server on one core, its client (wrk) on the other, against
# what `openssl speed` signs and verifies on the server's core with the same type of key, alternately; and a grant of
# oauth2-mock-server (Node.js), which mints RS256 on that core too. Callers, rules and the audit line are part of it.
#
#     tests/bench/bench_api.sh [BUILD_DIR [ROUNDS [SECONDS]]]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${1:-.}")
rounds=${2:-7}
seconds=${3:-2}
mintmark=${MINTMARK:-$build/mintmark}
# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
server_core=0
client_core=1

for tool in wrk curl taskset node npm; do
  command -v "$tool" >/dev/null || { echo "bench_api: $tool is not installed" >&2; exit 77; }
done
[ "$(nproc)" -ge 2 ] || { echo "bench_api: it takes two cores, one for each side" >&2; exit 77; }
[ -d "$here/node_modules" ] || (cd "$here" && npm ci --no-audit --no-fund --loglevel=error >&2)
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

wait_for() {
  for _ in $(seq 200); do
    curl -sfo /dev/null "$1" 2>/dev/null && return
    sleep 0.05
  done
  echo "bench_api: $1 does not answer" >&2
  exit 1
}

# ---- the servers -----------------------------------------------------------------------------------------------------
secret=bench-0123456789abcdef
(umask 077 && echo "$secret,bench,1" >"$work/tokens.csv")

# serve ALGORITHM: starts an issuer of its own, and sets admin to its origin.
serve() {
  local dir=$work/$1 public_port
  public_port=$(free_port)
  admin=http://127.0.0.1:$(free_port)
  "$mintmark" init --issuer "http://127.0.0.1:$public_port" --dir "$dir" --algorithm "$1" >/dev/null 2>&1
  cat >"$dir/mintmark.yaml" <<EOF
issuer: http://127.0.0.1:$public_port
data_dir: data
listen:
  public: 127.0.0.1:$public_port
  admin: ${admin#http://}
keys:
  algorithm: $1
callers:
  tokens: $work/tokens.csv
rules:
  - users: [bench]
    may: [mint, review]
    namespaces: ["*"]
    service_accounts: ["*"]
    audiences: ["*"]
limits:
  rate: 0
http:
  workers: 1
EOF
  taskset -c "$server_core" "$mintmark" serve -c "$dir/mintmark.yaml" 2>"$dir/log" &
  pids+=($!)
  wait_for "$admin/readyz"
}

# script FILE BODY CONTENT_TYPE: what wrk sends.
script() {
  cat >"$1" <<EOF
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer $secret"
wrk.headers["Content-Type"] = "$3"
wrk.body = '$2'
EOF
}

token_path=/api/v1/namespaces/bench/serviceaccounts/bench/token
review_path=/apis/authentication.k8s.io/v1/tokenreviews
request='{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","metadata":{"creationTimestamp":null},"spec":{"audiences":["sts.amazonaws.com"],"expirationSeconds":3600,"boundObjectRef":null},"status":{"token":"","expirationTimestamp":null}}'
script "$work/request.lua" "$request" application/json
serve RS256
rs256=$admin
serve ES256
es256=$admin
token=$(curl -sf -H "Authorization: Bearer $secret" -H 'Content-Type: application/json' -d '{"spec":{}}' \
  "$rs256$token_path" | sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
[ -n "$token" ] || { echo "bench_api: no token was minted" >&2; exit 1; }
review='{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":"'$token'"}}'
curl -sf -H "Authorization: Bearer $secret" -H 'Content-Type: application/json' -d "$review" "$rs256$review_path" |
  grep -q '"authenticated":true' || { echo "bench_api: the token does not pass the review" >&2; exit 1; }
script "$work/review.lua" "$review" application/json

mock_port=$(free_port)
taskset -c "$server_core" "$here/node_modules/.bin/oauth2-mock-server" -a 127.0.0.1 -p "$mock_port" >"$work/mock.log" 2>&1 &
pids+=($!)
mock=http://127.0.0.1:$mock_port
wait_for "$mock/.well-known/openid-configuration"
script "$work/mock.lua" "grant_type=client_credentials" application/x-www-form-urlencoded

# ---- rounds ----------------------------------------------------------------------------------------------------------
# load URL SCRIPT: requests a second, all of them answered as they should be.
load() {
  taskset -c "$client_core" wrk -t1 -c16 -d"${seconds}s" -s "$2" "$1" >"$work/wrk"
  ! grep -qE 'Non-2xx|Socket errors' "$work/wrk" || { cat "$work/wrk" >&2; exit 1; }
  awk '/^Requests\/sec/ {print $2}' "$work/wrk"
}
# compare NAME URL SCRIPT TYPE sign|verify GOAL
compare() {
  local name=$1 url=$2 lua=$3 type=$4 what=$5 goal=$6 rate most
  for _ in $(seq "$rounds"); do
    most=$(openssl_speed "$type" "$what" taskset -c "$server_core")
    rate=$(load "$url" "$lua")
    echo "$name: $rate/s, openssl speed $most/s" >&2
    awk -v r="$rate" -v m="$most" 'BEGIN {printf "%.4f\n", r / m}'
  done >"$work/ratios"
  report "$name / openssl speed $type $what" "$(median <"$work/ratios")" "$goal"
}
failed=0
report() {
  printf 'figure: %s: %.2f (goal >= %s, median of %d)\n' "$1" "$2" "$3" "$rounds"
  awk -v r="$2" -v g="$3" 'BEGIN { exit !(r >= g) }' || failed=1
}

compare "TokenRequest RS256 over HTTP" "$rs256$token_path" "$work/request.lua" rsa2048 sign 0.85
compare "TokenRequest ES256 over HTTP" "$es256$token_path" "$work/request.lua" ecdsap256 sign 0.50
compare "TokenReview RS256 over HTTP" "$rs256$review_path" "$work/review.lua" rsa2048 verify 0.40
for _ in $(seq "$rounds"); do
  theirs=$(load "$mock/token" "$work/mock.lua")
  ours=$(load "$rs256$token_path" "$work/request.lua")
  echo "RS256: mintmark $ours/s, oauth2-mock-server $theirs/s" >&2
  awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "%.4f\n", a / b}'
done >"$work/ratios"
report "TokenRequest RS256 / oauth2-mock-server" "$(median <"$work/ratios")" 1
exit $failed

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# GET of the JWKS: mintmark against nginx serving the same bytes and headers. Plain HTTP, keep-alive, the same number of
# workers, 64 connections of wrk; both run throughout and are measured alternately, so that a busy machine is busy for
# both. Prints every round, the medians, their ratio, and the processor time that each server took for a request, which
# says more than a rate does on a machine whose cores the client shares.
#
#     tests/bench/bench_http.sh [BUILD_DIR [ROUNDS [SECONDS]]]
set -euo pipefail

build=$(realpath "${1:-.}")
rounds=${2:-7}
seconds=${3:-3}
workers=${MM_BENCH_WORKERS:-2}
mintmark=${MINTMARK:-$build/mintmark}
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

for tool in nginx wrk curl; do
  command -v "$tool" >/dev/null || { echo "bench_http: $tool is not installed: apt-get install $tool" >&2; exit 77; }
done
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

wait_for() {
  for _ in $(seq 100); do
    curl -so "$2" -D "$3" "$1" 2>/dev/null && return
    sleep 0.05
  done
  echo "bench_http: $1 does not answer" >&2
  exit 1
}

# ---- mintmark ----------------------------------------------------------------------------------------------------------
mint_port=$(free_port)
"$mintmark" init --issuer "http://127.0.0.1:$mint_port" --dir "$work/issuer" --algorithm RS256 >/dev/null
printf 'listen:\n  public: "127.0.0.1:%s"\n  admin: "off"\nhttp:\n  workers: %s\n' "$mint_port" "$workers" \
  >"$work/more.yaml"
sed -i '/^listen:/,/^[^ ]/{/^listen:/d;/^ /d}' "$work/issuer/mintmark.yaml"
cat "$work/more.yaml" >>"$work/issuer/mintmark.yaml"
"$mintmark" serve -c "$work/issuer/mintmark.yaml" 2>"$work/serve.log" &
pids+=($!)
wait_for "http://127.0.0.1:$mint_port/openid/v1/jwks" "$work/jwks" "$work/headers"

# ---- nginx with the same body and the same header lines -------------------------------------------------------------------
nginx_port=$(free_port)
mkdir -p "$work/root/openid/v1" "$work/tmp"
cp "$work/jwks" "$work/root/openid/v1/jwks"
chmod -R a+rX "$work"
{
  echo "worker_processes $workers; pid $work/nginx.pid; error_log $work/nginx.log; daemon off; user root;"
  echo "events { worker_connections 1024; }"
  echo "http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; server_tokens off; etag off;"
  echo "open_file_cache max=16; open_file_cache_valid 1h; default_type application/jwk-set+json;"
  for name in client_body proxy fastcgi uwsgi scgi; do echo "${name}_temp_path $work/tmp/$name;"; done
  echo "server { listen 127.0.0.1:$nginx_port reuseport; root $work/root;"
  # Date, type, length and modification time are nginx's own.
  tr -d '\r' <"$work/headers" | sed -nE '/^(date|content-type|content-length|last-modified):/Id;
    s/^([A-Za-z-]+): (.*)$/add_header \1 '"'"'\2'"'"';/p'
  echo "} }"
} >"$work/nginx.conf"
nginx -c "$work/nginx.conf" -p "$work" 2>/dev/null &
pids+=($!)
wait_for "http://127.0.0.1:$nginx_port/openid/v1/jwks" "$work/nginx.jwks" "$work/nginx.headers"
cmp -s "$work/jwks" "$work/nginx.jwks" || { echo "bench_http: nginx serves other bytes" >&2; exit 1; }
echo "headers: mintmark $(wc -c <"$work/headers") bytes, nginx $(wc -c <"$work/nginx.headers") bytes; body $(wc -c <"$work/jwks") bytes"

# ---- rounds --------------------------------------------------------------------------------------------------------------
# Requests a second, and how many there were in all.
load() {
  wrk -t2 -c64 -d"${seconds}s" "http://127.0.0.1:$1/openid/v1/jwks" |
    awk '/requests in/ {n = $1} /^Requests\/sec/ {printf "%d %d\n", $2, n}'
}
# Processor time in microseconds of a process and its children.
cpu() {
  local pid stats=()
  for pid in "$1" $(pgrep -P "$1"); do stats+=("/proc/$pid/stat"); done
  awk -v tick="$(getconf CLK_TCK)" '{t += $14 + $15} END {printf "%d\n", t * 1000000 / tick}' "${stats[@]}"
}
mint_cpu=$(cpu "${pids[0]}")
nginx_cpu=$(cpu "${pids[1]}")
mint_requests=0
nginx_requests=0
for round in $(seq "$rounds"); do
  read -r n count < <(load "$nginx_port")
  nginx_requests=$((nginx_requests + count))
  read -r m count < <(load "$mint_port")
  mint_requests=$((mint_requests + count))
  echo "$n" >>"$work/nginx.rates"
  echo "$m" >>"$work/mintmark.rates"
  awk -v m="$m" -v n="$n" 'BEGIN {printf "%.4f\n", m / n}' >>"$work/ratios"
  printf 'round %d: mintmark %d/s  nginx %d/s  ratio %.2f\n' "$round" "$m" "$n" "$(tail -1 "$work/ratios")"
done
awk -v m="$(($(cpu "${pids[0]}") - mint_cpu))" -v n="$(($(cpu "${pids[1]}") - nginx_cpu))" \
  -v mr="$mint_requests" -v nr="$nginx_requests" \
  'BEGIN {printf "processor time for a request: mintmark %.2f us  nginx %.2f us\n", m / mr, n / nr}'
printf 'median: mintmark %s/s  nginx %s/s\n' "$(median <"$work/mintmark.rates")" "$(median <"$work/nginx.rates")"
ratio=$(median <"$work/ratios")
printf 'figure: GET of the JWKS / nginx: %.2f (goal >= 1.0, median of %d)\n' "$ratio" "$rounds"
awk -v r="$ratio" 'BEGIN { exit !(r >= 1) }'

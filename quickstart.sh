#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ./quickstart.sh [--once]
# From a fresh checkout to a running issuer: builds mintmark in build/quickstart, makes its keys in quickstart.d, serves
# on loopback, mints a token (the only thing on standard output) and verifies it as a stranger would, who knows nothing
# but the issuer's URL; then asks for one over the Kubernetes API. Goes on serving until Ctrl-C; with --once it stops by
# itself. Run it again as often as you like: the keys are kept. $BUILD_DIR and $QUICKSTART_DIR may name other folders.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD
build_dir=${BUILD_DIR:-build/quickstart}
folder=${QUICKSTART_DIR:-quickstart.d}
config=$folder/mintmark.yaml
callers=$folder/tokens.csv
mintmark=$build_dir/mintmark
audience=sts.example.com

case "${1:-}" in
"" | --once) once=${1:-} ;;
*)
  echo "usage: $0 [--once]" >&2
  exit 2
  ;;
esac

bold='' plain=''
[ ! -t 2 ] || bold=$'\033[1m' plain=$'\033[0m'
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain" >&2; }
die() {
  printf 'quickstart.sh: %s\n' "$*" >&2
  exit 1
}
# Shows a command, then runs it with its output beside the narration.
show() {
  printf '$ %s\n' "$*" >&2
  "$@" >&2
}

# ---- stopping --------------------------------------------------------------------------------------------------------
server=
scratch=$(mktemp -d)
# The server drains and ends by itself; its exit status is the result.
stop() {
  local pid=$server
  server=
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid"
}
# Whatever ends this script ends the server.
# shellcheck disable=SC2317 # it is reached: by the trap
clean_up() {
  [ -z "$server" ] || stop || true
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'say "Stopping."; exit 0' INT
trap 'exit 1' TERM HUP

# ---- building --------------------------------------------------------------------------------------------------------
build() {
  { [ -x configure ] || ./autogen.sh; } &&
    mkdir -p "$build_dir" &&
    cd "$build_dir" &&
    { [ -f config.status ] || "$root/configure" --quiet; } &&
    make -j"$(nproc)" mintmark
}

scripts/packages.sh quickstart
say "Building mintmark in $build_dir (the first time takes a minute)"
(build) >"$scratch/build.log" 2>&1 || {
  cat "$scratch/build.log" >&2
  die "the build failed; its output stands above"
}

# ---- configuration and keys ------------------------------------------------------------------------------------------
is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port PREFERRED: that one, or another when somebody listens there.
free_port() {
  local port=$1
  until is_free "$port"; do
    port=$((20000 + RANDOM % 10000))
  done
  echo "$port"
}

# The ports of the last run are kept when they can be, and with them the issuer's URL; so is the token of the caller.
configure() {
  local last=() public admin
  if [ -f "$config" ]; then
    mapfile -t last < <(sed -nE 's/^ +(public|admin): .*:([0-9]+)$/\2/p' "$config")
  fi
  public=$(free_port "${last[0]:-8443}")
  admin=$(free_port "${last[1]:-$((public + 1))}")
  cat >"$config" <<END
issuer: http://127.0.0.1:$public
data_dir: data
listen:
  public: 127.0.0.1:$public
  admin: 127.0.0.1:$admin
keys:
  algorithm: RS256
callers:
  tokens: tokens.csv
rules:
- {users: [quickstart], may: [mint], namespaces: [ci], service_accounts: [builder], audiences: [$audience]}
END
  [ -s "$callers" ] || printf '%s,quickstart,1\n' "$(openssl rand -hex 32)" >"$callers"
  admin_url=http://127.0.0.1:$admin
  issuer=http://127.0.0.1:$public
}

umask 077
mkdir -p "$folder"
exec 9>"$folder/lock"
flock -n 9 || die "it is running in this checkout already"
configure
if [ -f "$folder/data/keyset.json" ]; then
  say "Keeping the keys in $folder/data"
else
  say "Making the first keys: one that signs, and a standby that verifiers know already"
  show "$mintmark" init --issuer "$issuer" --dir "$folder"
fi

# ---- serving ---------------------------------------------------------------------------------------------------------
say "Serving $issuer (log: $folder/serve.log)"
"$mintmark" serve -c "$config" >"$folder/serve.log" 2>&1 9>&- &
server=$!
for attempt in {1..100}; do
  if curl -fs -o "$scratch/ready" "$issuer/readyz"; then
    break
  elif ! kill -0 "$server" 2>/dev/null || [ "$attempt" = 100 ]; then
    cat "$folder/serve.log" >&2
    die "the server did not become ready; its log stands above"
  fi
  sleep 0.1
done

# ---- minting ---------------------------------------------------------------------------------------------------------
say "Minting a token for the service account builder in namespace ci, which lives 10 minutes"
printf '$ mintmark token create builder -n ci --audience %s --duration 10m\n' "$audience" >&2
token=$("$mintmark" token create builder -n ci --audience "$audience" --duration 10m -c "$config")
printf '%s\n' "$token"

# ---- verifying -------------------------------------------------------------------------------------------------------
fetch() {
  printf '$ curl -fsS %s\n' "$1" >&2
  curl -fsS -o "$2" "$1"
}

say "Verifying it as a stranger would: the discovery document of the issuer that the token names …"
fetch "$issuer/.well-known/openid-configuration" "$scratch/discovery.json"
jq . "$scratch/discovery.json" >&2
say "… says where the public keys are …"
jwks_uri=$(jq -r .jwks_uri "$scratch/discovery.json")
fetch "$jwks_uri" "$scratch/jwks.json"
jq -c '.keys[] | {kid, alg, kty}' "$scratch/jwks.json" >&2
say "… with which the token verifies, here with nothing but openssl …"
show scripts/verify-with-openssl.sh "$scratch/jwks.json" <<<"$token"
say "… and with mintmark itself, signature and claims."
show "$mintmark" token verify - --issuer "$issuer" --audience "$audience" <<<"$token"

# ---- the API ---------------------------------------------------------------------------------------------------------
say "Others ask for tokens over the Kubernetes API, as kubectl and client-go do: a caller whom a rule allows it"
show "$mintmark" caller can-i mint builder -n ci --audience "$audience" --as quickstart -c "$config"
url=$admin_url/api/v1/namespaces/ci/serviceaccounts/builder/token
request="{\"spec\":{\"audiences\":[\"$audience\"]}}"
json='Content-Type: application/json'
printf "$ curl -fsS -H 'Authorization: Bearer …' -H '%s' -d '%s' %s\n" "$json" "$request" "$url" >&2
# The caller's token is no argument, which every user of the host could read.
curl -fsS --config - -H "$json" -d "$request" -o "$scratch/answer.json" "$url" \
  <<<"header = \"Authorization: Bearer $(cut -d, -f1 "$callers")\""
jq 'del(.status.token)' "$scratch/answer.json" >&2
show "$mintmark" token verify - --issuer "$issuer" --audience "$audience" \
  < <(jq -r .status.token "$scratch/answer.json")

# ---- rotating --------------------------------------------------------------------------------------------------------
say "The keys rotate by themselves. What is going to happen to them:"
show "$mintmark" key timeline -c "$config"

if [ -n "$once" ]; then
  say "All of it worked. Stopping, because of --once."
  stop || die "the server did not stop cleanly: status $?"
  exit 0
fi
say "All of it worked. Serving $issuer until Ctrl-C. In another terminal, try:"
cat >&2 <<END
  $mintmark token create default -c $config
  curl -s $issuer/openid/v1/jwks
  $mintmark key rotate -c $config
END
status=0
wait "$server" || status=$?
server=
cat "$folder/serve.log" >&2
die "the server ended by itself, with status $status; its log stands above"

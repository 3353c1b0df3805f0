#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ./test.sh [PHASE...]
# Builds mintmark and runs every test; with phases named, only those. It fails when any of them does. The first run
# installs the Debian packages and npm modules that are missing. What it makes is in build/, its logs in build/logs.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD
exec </dev/null

jobs=$(nproc)
logs=build/logs
python=/usr/bin/python3 # Debian's own, which has Debian's modules

# ---- the phases, in their order; each runs in a subshell of its own --------------------------------------------------
phases=(packages modules build unit sim lint analysis asan tsan functional)

packages() {
  scripts/packages.sh test
}

modules() {
  cd tests/functional
  if [ node_modules/.package-lock.json -nt package-lock.json ]; then
    echo "node_modules is up to date"
  else
    npm ci --no-audit --no-fund
  fi
}

# configure NAME OPTION...: configures build/NAME, once. What changed since is make's affair.
configure() (
  [ -x ./configure ] || ./autogen.sh
  mkdir -p "build/$1"
  cd "build/$1"
  [ -f config.status ] || "$root/configure" --quiet --enable-werror "${@:2}"
)

build() {
  configure release
  make -C build/release -j"$jobs" all
  make -C build/release -j"$jobs" check TESTS= # the test programs, without running them
}

unit() {
  make -C build/release -j"$jobs" check VERBOSE=1
}

# Rotation, simulated: 10,000 times two years. A seed that fails is printed, and reproduces the failure.
sim() {
  build/release/tests/sim/sim --runs 10000 --jobs "$jobs"
}

lint() {
  shellcheck ./*.sh .ci/run scripts/*.sh tests/bench/*.sh tests/sim/*.sh
  mandoc -T lint -W warning docs/man/*
  systemd-analyze security --offline=true --threshold=15 conf/mintmark.service # tenths: at most 1.5 of 10
  # Another version formats otherwise.
  if clang-format --version | grep -q ' version 14\.'; then
    find base conf keys issuer cli include tests -name node_modules -prune -o -name '*.[ch]' -print0 |
      xargs -0 clang-format --dry-run -Werror
  else
    echo "skipped: formatting, which needs clang-format 14"
  fi
}

analysis() {
  scripts/analyse.sh
}

# functional_with BUILD SLOWNESS FILE...: functional tests with the program of another build, which takes longer. Much of
# it is waiting, so one file more is under way than there are cores.
functional_with() {
  local build=$1 slowness=$2
  shift 2
  MINTMARK=build/$build/mintmark MM_BUILDDIR=build/release MM_SLOWNESS=$slowness "$python" -m pytest -q \
    -n $((jobs + 1)) --dist loadfile "$@"
}

asan() {
  configure asan --with-sanitizer=address,undefined CFLAGS=-O1
  make -C build/asan -j"$jobs" check VERBOSE=1
  functional_with asan 3 tests/functional/test_cli.py tests/functional/test_cli_*.py tests/functional/test_http*.py \
    tests/functional/test_admin_*.py tests/functional/test_callers.py tests/functional/test_token_errors.py \
    tests/functional/test_doctor.py tests/functional/test_thumbprint.py tests/functional/test_trust_*.py \
    tests/functional/test_publish_s3.py
}

# The unit tests that start threads, and the real server: under hostile requests, and while keys are committed.
tsan() {
  local test tests=()
  local starts="pthread_create|mm_thread_start|mm_job_start|mm_rotor_new|mm_publisher_new|mm_quiet_maker"
  mapfile -t tests < <(grep -lE "$starts" tests/unit/test_*.c | sed "s/\\.c$//")
  configure tsan --with-sanitizer=thread CFLAGS=-O1
  make -C build/tsan -j"$jobs" mintmark "${tests[@]}"
  export TSAN_OPTIONS=halt_on_error=1
  for test in "${tests[@]}"; do
    MM_SRCDIR=$root MM_BUILDDIR=$root/build/tsan "build/tsan/$test"
  done
  functional_with tsan 5 tests/functional/test_http*.py tests/functional/test_polling.py \
    tests/functional/test_rotor.py tests/functional/test_publisher.py tests/functional/test_admin_listener.py \
    tests/functional/test_dev.py
}

functional() {
  MINTMARK=build/release/mintmark "$python" -m pytest -n $((jobs + 1)) --dist loadfile tests/functional
}

# ---- running them ----------------------------------------------------------------------------------------------------
# run PHASE: leaves its exit status in $status. Not "if (…)": inside a condition bash switches set -e off.
run() {
  set +e
  (
    set -e
    "$1"
  )
  status=$?
  set -e
}

mkdir -p "$logs"
[ $# -eq 0 ] || phases=("$@")
failed=()
for phase in "${phases[@]}"; do
  start=$SECONDS
  log=$logs/$phase.log
  if [ "$phase" = functional ]; then
    run "$phase" # shown as it runs, so that the closing line is the test runner's
    log="what stands above"
  else
    run "$phase" >"$log" 2>&1
  fi
  if [ $status -ne 0 ]; then
    printf 'FAILED %4d s  %s: exit %d; see %s\n' $((SECONDS - start)) "$phase" $status "$log"
    [ ! -f "$log" ] || tail -n 80 "$log" | sed 's/^/    /'
    failed+=("$phase")
    [[ ! $phase =~ ^(packages|build)$ ]] || break # nothing that follows could work
  elif [ "$phase" != functional ]; then
    printf 'ok     %4d s  %s\n' $((SECONDS - start)) "$phase"
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}"
  exit 1
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/sim/mutants.sh [--dry-run] [NAME...]
# Shows that the simulation can fail: breaks one rule of the engine after the other, each by one line and in a copy of
# the tree, and says which check notices, at which seed. Fails if a broken engine passes. Not part of test.sh: it takes
# minutes. What it found is in README.md. --dry-run only says whether the lines are still there, in a second.
set -euo pipefail
cd "$(dirname "$0")/../.."
dry_run=
if [ "${1-}" = --dry-run ]; then
  dry_run=1
  shift
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=${MM_RUNS:-3000}

# name | what is broken | file | sed expression
mutants() {
  cat <<'LIST'
publish-wait | a new key is ready at once | keys/rotate.c | s/mm_policy_publish_wait(policy)/0/
ready | no key has to wait | keys/state.c | s/>= record->publish_wait/>= 0/
stamp-due | steps are stamped with the time at which they were due | keys/rotate.c | s/take(set, policy, &action, now, maker, err)/take(set, policy, \&action, action.at, maker, err)/
stamp-early | the clock is read before a key is made | keys/verb.c | s/while (code == MM_OK && pool->count > made)/while (false)/
retire-wait | no retire_wait is frozen | keys/steps.c | s/record->retire_wait = wait;/(void)record;/
removal-time | a retired key may be removed at once | keys/standby.c | s/return record->retired + record->retire_wait;/return record->retired;/
removal-unchecked | the same, and nobody checks a set before it is stored | keys/standby.c keys/store.c | s/return record->retired + record->retire_wait;/return record->retired;/; s/code = mm_keyset_check(set, err);/code = MM_OK;/
retire-policy | the policy's wait instead of the frozen one | keys/steps.c | s/if (wait > record->retire_wait)/if (wait != record->retire_wait)/
longest-ttl | tokens live longer than the key set has promised | keys/standby.c | s/record->retire_wait == 0 .. promised > policy->max_ttl/true/
propagation | retire_wait without propagation | keys/policy.c | s/return policy->propagation + policy->max_ttl + policy->clock_skew;/return policy->max_ttl + policy->clock_skew;/
cache | publish_wait without verifier_cache | keys/policy.c | s/return policy->propagation + policy->verifier_cache + policy->clock_skew;/return policy->propagation + policy->clock_skew;/
predecessor | the predecessor is not retired | keys/steps.c | s/^\t\tretire(predecessor, policy, now);/\t\t(void)predecessor;/
two-signers | the same, and nobody checks a set before it is stored | keys/steps.c keys/store.c | s/^\t\tretire(predecessor, policy, now);/\t\t(void)predecessor;/; s/code = mm_keyset_check(set, err);/code = MM_OK;/
no-successor | the revoked signer has no successor | keys/steps.c | /enum mm_code mm_keyset_revoke/,/^}/s/== MM_STATE_ACTIVE/== MM_STATE_COUNT/
no-signer | the same, and nobody checks a set before it is stored | keys/steps.c keys/store.c | /enum mm_code mm_keyset_revoke/,/^}/s/== MM_STATE_ACTIVE/== MM_STATE_COUNT/; s/code = mm_keyset_check(set, err);/code = MM_OK;/
last-standby | the standby that is ready last takes over | keys/standby.c | s/mm_key_ready_at(record) < mm_key_ready_at(first)/mm_key_ready_at(record) > mm_key_ready_at(first)/
revoked-served | a revoked key is served on | keys/state.c | s/{.name = "revoked"}/{.name = "revoked", .in_jwks = true}/
max-keys | max_keys is not kept | keys/standby.c | s/^\treturn served;/\treturn served \/ 2;/
retired-unserved | a retired key is not served | keys/state.c | s/{.name = "retired", .in_jwks = true,/{.name = "retired",/
kid-twice | a kid is used twice, and nobody checks a set before it is stored | keys/steps.c keys/store.c | s/^\tif (known)/\tif (known \&\& false)/; s/code = mm_keyset_check(set, err);/code = MM_OK;/
cas | the compare-and-swap is ignored | keys/store_memory.c | s/if (revision_of(core) != expected)/if (false)/
false-success | a failed commit is reported as success | keys/verb.c | s/code = mm_store_commit(manage->store, \(.*\));/code = mm_store_commit(manage->store, \1) == MM_OK ? MM_OK : MM_OK;/
not-stored | a commit changes nothing and says that it did | keys/store_memory.c | /^static enum mm_code commit_locked/,/^}/s/mm_keyset_free(core->committed);/if (core->committed) return MM_OK;/
standbys | a second standby at any time | keys/schedule.c | s/if (standbys == 0) {/if (standbys <= 1) {/
standbys-near | three standbys before a takeover | keys/schedule.c | s/#define STANDBYS_NEAR_TAKEOVER 2/#define STANDBYS_NEAR_TAKEOVER 3/
no-removal | retired keys stay for ever | keys/schedule.c | s/if (mm_key_state(record, view->now) != MM_STATE_RETIRED)/if (true)/
no-rotation | nothing is activated once there is a signer | keys/schedule.c | s/^\tif (!standby || view->policy->rotate_every == 0)/\tif (!standby || signer || view->policy->rotate_every == 0)/
late-rotation | rotation is ten days late | keys/schedule.c | s/return signer->activated + view->policy->rotate_every;/return signer->activated + view->policy->rotate_every + 864000;/
covered | a takeover does not wait for the standby after it | keys/schedule.c | s/^\t\treturn mm_key_ready_at(next);/\t\treturn MM_NEVER;/
no-extension | a raised max_ttl is never written down | keys/schedule.c | /^static struct mm_action extension/,/^}/s/^\tif (/\tif (true || /
give-up-early | an algorithm is given up before the next one signs | keys/standby.c | s/ \&\& mm_keyset_signer(set, policy->algs\[0\], MM_NEVER);/;/
no-give-up | an algorithm is never given up | keys/schedule.c | s/ || !mm_keyset_is_surplus(view->set, alg, view->policy))/ || true)/
back-again | an algorithm that was given up cannot come back | keys/steps.c | s/now = after_giving_up(set, mm_key_alg(key), now);//
not-yet | what was activated in the future does not sign yet | keys/state.c | s/if (record->activated != MM_NEVER)/if (record->activated != MM_NEVER \&\& record->activated <= now)/
verbs-remove | a command takes removals along | keys/manage.c | s/MM_ACTIONS_WITHOUT_WAIT/MM_ACTIONS_ALL/
guard-blind | the clock guard sees no step | base/clockguard.c | s/if (gain >= 0 && gain <= tolerance)/if (gain >= 0)/
guard-short | the clock guard holds for half as long | base/clockguard.c | s/end = saturating_end(steady_ns, longest_wait);/end = saturating_end(steady_ns, longest_wait \/ 2);/
documents | retired keys are not rendered | issuer/publish/document.c | s/return mm_key_states\[mm_key_state(record, now)\].in_jwks;/return mm_key_states[mm_key_state(record, now)].in_jwks \&\& record->retired == MM_NEVER;/
documents-time | what is rendered depends on the time | issuer/publish/document.c | s/mm_time modified = set->revision ? set->committed : now;/mm_time modified = now;/
delivered-published | with destinations too, a key is delivered by being published | keys/steps.c | s/policy->delivers ? MM_NEVER : now/now/
delivered-ready | the wait counts from the publication | keys/state.c | s/now - record->delivered >=/now - record->published >=/
delivered-never | what is not delivered becomes ready | keys/state.c | s/^\tif (record->delivered == MM_NEVER)/\tif (false)/; s/now - record->delivered >=/now - record->published >=/
delivered-then | a delivery is stamped with the time of the publication | keys/steps.c | s/record->delivered = stamp(now, record->published);/record->delivered = record->published;/
delivered-others | keys are stamped that were not in what was delivered | keys/steps.c | s/(delivered && !serves(delivered, record))/false/
delivered-early | the publisher commits before the last upload | tests/sim/publisher.c | s/if (++publisher->next < world->plan.destinations)/if (++publisher->next < world->plan.destinations - 1)/
delivered-self | the rotor stamps what a publisher has to deliver | keys/schedule.c | s/^\tif (view->policy->delivers)/\tif (false)/
delivered-orphan | without destinations nobody stamps what waits for them | keys/schedule.c | s/^\tif (view->policy->delivers)/\tif (true)/
delivered-unsaid | what is delivered is not committed | keys/manage.c | s/attempt->steps = mm_keyset_deliver(.*$/attempt->steps = 0;/
delivered-shorter | the wait is frozen before it begins | keys/steps.c | s/record->publish_wait < wait)/false)/
delivered-covered | a takeover does not wait for the delivery of the next standby | keys/schedule.c | s/^\t\treturn mm_key_ready_at(next);/\t\treturn mm_key_awaits_delivery(next) ? MM_NEVER : mm_key_ready_at(next);/
LIST
}

trim() {
  sed 's/^ *//; s/ *$//' <<<"$1"
}

mkdir "$work/src"
git ls-files -z | tar --null -T - -cf - | tar -C "$work/src" -xf -
cp -a "$work/src" "$work/whole" # others may change the tree meanwhile
build() {
  mkdir "$work/build"
  (cd "$work/src" && ./autogen.sh) >"$work/log" 2>&1
  (cd "$work/build" && ../src/configure --quiet) >>"$work/log" 2>&1
  nice make -C "$work/build" -j"$(nproc)" tests/sim/sim >>"$work/log" 2>&1
}

[ -n "$dry_run" ] || build
survived=0
while IFS='|' read -r name what rest; do
  name=$(trim "$name")
  files=$(trim "${rest%%|*}")
  expression=$(trim "${rest#*|}")
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  missing=0
  for file in $files; do
    sed -i "$expression" "$work/src/$file"
    cmp -s "$work/src/$file" "$work/whole/$file" && missing=1
  done
  if [ $missing -eq 1 ]; then
    echo "$name: the line is not there any more"
    survived=1
  elif [ -n "$dry_run" ]; then
    :
  elif ! nice make -C "$work/build" tests/sim/sim >"$work/log" 2>&1; then
    echo "$name: does not build"
    survived=1
  elif nice timeout 600 "$work/build/tests/sim/sim" --runs "$runs" >"$work/log" 2>&1; then
    echo "$name: SURVIVED $runs runs ($(trim "$what"))"
    survived=1
  else
    printf '%s | %s | %s\n' "$name" "$(trim "$what")" \
      "$(sed -n 's/^FAILED with seed \([0-9]*\): \([^:]*\):.*/\2 | \1/p' "$work/log" | head -1)"
  fi
  for file in $files; do
    cp "$work/whole/$file" "$work/src/$file"
  done
done < <(mutants)
exit $survived

// SPDX-License-Identifier: Apache-2.0
// Verifiers that keep a JWKS for as long as they are allowed to, and never look for a newer one before that.
//
//     node verifiers.mjs JWKS_URI ISSUER AUDIENCE ALGORITHM COUNT CACHE_MS
//
// Reads tokens from standard input, one a line. Each of COUNT verifiers, whose caches are out of step with one another,
// verifies every token as soon as it comes, and the oldest that is still valid all the time. When standard input ends,
// one JSON object says what they saw. Only what they saw with a cache of at most CACHE_MS counts; `late` is how often a
// busy machine made it older than that.
import { webcrypto } from 'node:crypto';
import { setDefaultResultOrder } from 'node:dns';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

globalThis.crypto ??= webcrypto; // Node.js 18, which Debian 12 has, keeps it behind a flag
setDefaultResultOrder('ipv4first'); // where the issuers listen; Node.js 18 tries one address of localhost only
const jose = await import('jose');

const [uri, issuer, audience, algorithm, count, cacheMs] = process.argv.slice(2);
const bound = Number(cacheMs);
const PASS_MS = 15; // between two looks of a verifier at its tokens
const OWN_MS = 50; // jose counts the age from the end of a fetch, here it counts from its beginning

class Verifier {
  constructor(name) {
    this.name = name;
    this.fresh = []; // tokens that it has not seen yet
    this.valid = []; // tokens that it has seen, in order of expiry
    this.seen = { fetches: 0, verifications: 0, late: 0, oldest_ms: 0, accepted: {} };
    this.refusals = [];
    this.unreachable = [];
    this.asked = 0; // when it asked for the JWKS that it has
    this.cache = {};
    this.keys = jose.createRemoteJWKSet(new URL(uri), {
      cacheMaxAge: bound - OWN_MS,
      cooldownDuration: Infinity, // an unknown kid is no reason to look again
      [jose.jwksCache]: this.cache,
      [jose.customFetch]: (...request) => this.fetch(...request),
    });
  }

  async fetch(url, options) {
    const asked = Date.now();
    try {
      const answer = await fetch(url, options);
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      this.asked = asked;
      this.seen.fetches++;
      return answer;
    } catch (error) {
      this.unreachable.push({ at: asked, error: String(error.cause ?? error) });
      throw error;
    }
  }

  async verify(token) {
    const options = { issuer, audience, algorithms: [algorithm], requiredClaims: ['exp'] };
    const error = await jose.jwtVerify(token.text, this.keys, options).then(() => null, (why) => why);
    const now = Date.now();
    const age = now - this.asked;
    if (now >= token.expires) return; // it may have expired meanwhile
    if (age > bound) {
      this.seen.late++;
      return;
    }
    this.seen.verifications++;
    this.seen.oldest_ms = Math.max(this.seen.oldest_ms, age);
    if (error) {
      const cache = { asked: this.asked, age_ms: age, kids: this.cache.jwks?.keys.map(({ kid }) => kid) };
      const { kid, text } = token;
      this.refusals.push({ at: now, error: String(error), verifier: this.name, kid, token: text, cache });
    } else {
      // When the newest JWKS that holds this key was asked for.
      this.seen.accepted[token.kid] = Math.max(this.asked, this.seen.accepted[token.kid] ?? 0);
    }
  }

  async run(delay) {
    await sleep(delay);
    while (!ended || this.fresh.length > 0) {
      for (const token of this.fresh.splice(0)) {
        await this.verify(token);
        this.valid.push(token);
      }
      this.valid = this.valid.filter(({ expires }) => Date.now() < expires);
      if (this.valid.length > 0) await this.verify(this.valid[0]);
      await sleep(PASS_MS);
    }
  }
}

let ended = false;
let tokens = 0;
const verifiers = Array.from({ length: Number(count) }, (_, i) => new Verifier(i));
const runs = verifiers.map((verifier, i) => verifier.run((i * bound) / verifiers.length));

for await (const text of createInterface({ input: process.stdin })) {
  const { kid } = jose.decodeProtectedHeader(text);
  const token = { text, kid, expires: jose.decodeJwt(text).exp * 1000 };
  for (const verifier of verifiers) verifier.fresh.push(token);
  tokens++;
}
ended = true;
await Promise.all(runs);
const all = (name) => verifiers.flatMap((verifier) => verifier[name]);
const report = { tokens, verifiers: all('seen'), refusals: all('refusals'), unreachable: all('unreachable') };
process.stdout.write(`${JSON.stringify(report)}\n`);

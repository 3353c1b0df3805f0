// SPDX-License-Identifier: Apache-2.0
// Verifies tokens as users of jose and openid-client do, knowing nothing but the issuer's URL.
// Reads one JSON object a line from standard input, {client, issuer, audience, nonce, token}, and answers each with a
// line: {claims} when the library accepts the token, {error} when it refuses.
import { webcrypto } from 'node:crypto';
import { setDefaultResultOrder } from 'node:dns';
import { createInterface } from 'node:readline';

globalThis.crypto ??= webcrypto; // Node.js 18, which Debian 12 has, keeps it behind a flag
setDefaultResultOrder('ipv4first'); // where the issuers listen; Node.js 18 tries one address of localhost only
const jose = await import('jose');
const openid = await import('openid-client');

const clients = {
  async jose({ issuer, audience, token }) {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
    const discovery = await answer.json();
    const keys = jose.createRemoteJWKSet(new URL(discovery.jwks_uri));
    const algorithms = discovery.id_token_signing_alg_values_supported;
    const { payload } = await jose.jwtVerify(token, keys, { issuer, audience, algorithms, requiredClaims: ['exp'] });
    return payload;
  },

  // The implicit flow is where openid-client verifies an ID token that it was handed, with all of its checks.
  async 'openid-client'({ issuer, audience, nonce, token }) {
    const metadata = { [openid.clockTolerance]: 0 };
    const config = await openid.discovery(new URL(issuer), audience, metadata, openid.None());
    openid.useIdTokenResponseType(config);
    return openid.implicitAuthentication(config, new URL(`https://client.example/#id_token=${token}`), nonce);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let reply;
  try {
    reply = { claims: await clients[request.client](request) };
  } catch (error) {
    reply = { error: [error.message, error.code, error.cause?.message].filter(Boolean).join(': ') };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

// SPDX-License-Identifier: Apache-2.0
// token_storm.mjs ADMIN_ORIGIN ISSUER CA_FILE TOKEN CLIENTS SECONDS
// So many clients at once, each with a connection of its own, ask for tokens as kubectl does from 1.32 on (Kubernetes
// protobuf there, whatever comes back). Each token is verified by node:crypto with the published keys, which are cached
// and fetched again for an unknown kid, and its claims must be those that this very client asked for.
// Prints one JSON line: {requests, failures: {what: count}, kids, slowest_ms}.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';

const [origin, issuer, caFile, secret, clients, seconds] = process.argv.slice(2);
const ca = fs.readFileSync(caFile);
const end = Date.now() + Number(seconds) * 1000;
const totals = { requests: 0, failures: {}, kids: new Set(), slowest_ms: 0 };

// ---- the body: runtime.Unknown around a TokenRequest, from the field table ----------------------------------------
const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
const field = (number, value) => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.concat(value);
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
};
const number = (id, value) => Buffer.from([...varint(id << 3), ...varint(value)]);
const requestBody = (audience) => Buffer.concat([
  Buffer.from([0x6b, 0x38, 0x73, 0]),
  field(1, [field(1, 'authentication.k8s.io/v1'), field(2, 'TokenRequest')]),
  field(2, [field(1, [field(1, ''), field(3, '')]), field(2, [field(1, audience), number(4, 600)]), field(3, [field(1, '')])]),
  field(3, ''), field(4, ''),
]);

// The token is the first field of the status: the only text in the answer that has the form of a JWS.
const tokenIn = (body) => body.toString('latin1').match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)?.[0];

// ---- the other side ------------------------------------------------------------------------------------------------
function ask(agent, method, url, headers, body) {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method, agent, headers, ca }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts) }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

const keys = new Map();
let fetching = null;
async function keyFor(kid) {
  if (!keys.has(kid)) {
    fetching ??= ask(undefined, 'GET', `${issuer}/openid/v1/jwks`).finally(() => (fetching = null));
    for (const jwk of JSON.parse((await fetching).body).keys)
      keys.set(jwk.kid, crypto.createPublicKey({ key: jwk, format: 'jwk' }));
  }
  return keys.get(kid);
}

async function check(token, account, audience) {
  const [header, payload, signature] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url'));
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  const key = await keyFor(kid);
  totals.kids.add(kid);
  if (!key) return 'a kid that is not published';
  if (!crypto.verify('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'))) return 'a signature that does not verify';
  if (claims.iss !== issuer || claims.sub !== `system:serviceaccount:storm:${account}` || claims.aud[0] !== audience ||
    claims.exp - claims.iat !== 600) return 'claims of somebody else';
  return null;
}

const fail = (what) => (totals.failures[what] = (totals.failures[what] ?? 0) + 1);

async function client(id) {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const account = `client-${id}`, audience = `audience-${id}`, body = requestBody(audience);
  const headers = {
    Authorization: `Bearer ${secret}`, 'Content-Type': 'application/vnd.kubernetes.protobuf', 'Content-Length': body.length,
    Accept: 'application/vnd.kubernetes.protobuf,application/json', 'User-Agent': 'kubectl/v1.33.1 (linux/amd64)',
  };
  while (Date.now() < end) {
    const began = Date.now();
    try {
      const url = `${origin}/api/v1/namespaces/storm/serviceaccounts/${account}/token`;
      const answer = await ask(agent, 'POST', url, headers, body);
      const token = answer.status === 201 && tokenIn(answer.body);
      const wrong = token ? await check(token, account, audience) : `status ${answer.status}`;
      if (wrong) fail(wrong);
    } catch (error) {
      fail(`${error.code ?? error}`);
    }
    totals.requests += 1;
    totals.slowest_ms = Math.max(totals.slowest_ms, Date.now() - began);
  }
  agent.destroy();
}

await Promise.all(Array.from({ length: Number(clients) }, (_, id) => client(id)));
console.log(JSON.stringify({ ...totals, kids: totals.kids.size }));
process.exit(0);

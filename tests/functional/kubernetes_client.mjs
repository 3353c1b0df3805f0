// SPDX-License-Identifier: Apache-2.0
// @kubernetes/client-node, driven by lines of JSON on standard input: {"kubeconfig", "user", "call", "argument"}.
// Each is answered with a line: {"answer": …} or {"error": {"code", "body"}}.
import * as k8s from '@kubernetes/client-node';
import readline from 'node:readline';

const calls = {
  token: (api, argument) => api.core.createNamespacedServiceAccountToken(argument),
  review: (api, argument) => api.authentication.createTokenReview({ body: argument }),
  whoami: (api) => api.authentication.createSelfSubjectReview({ body: {} }),
  version: (api) => api.version.getCode(),
};

function clientFor(kubeconfig, user) {
  const config = new k8s.KubeConfig();
  config.loadFromFile(kubeconfig);
  config.getContextObject(config.currentContext).user = user;
  return {
    core: config.makeApiClient(k8s.CoreV1Api),
    authentication: config.makeApiClient(k8s.AuthenticationV1Api),
    version: config.makeApiClient(k8s.VersionApi),
  };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { kubeconfig, user, call, argument } = JSON.parse(line);
  let result;
  try {
    result = { answer: await calls[call](clientFor(kubeconfig, user), argument) };
  } catch (error) {
    if (!(error instanceof k8s.ApiException)) throw error;
    result = { error: { code: error.code, body: error.body } };
  }
  process.stdout.write(JSON.stringify(result) + '\n');
}

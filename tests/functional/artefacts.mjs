// SPDX-License-Identifier: Apache-2.0
// Reads registration artefacts as their users' tools do. One JSON object on standard input, {hcl, cloudformation, jwks},
// each of texts by name; one on standard output, with what the parser made of each text by the same names.
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

globalThis.crypto ??= webcrypto; // Node.js 18, which Debian 12 has, keeps it behind a flag
const require = createRequire(import.meta.url);
const { parse } = require('@cdktf/hcl2json'); // HashiCorp's parser of Terraform
const specification = require('cfn-lint/data/aws_resources_specification.json');
const list = { Type: 'List', PrimitiveItemType: 'String', Required: false, UpdateType: 'Mutable' };

// The linter's specification is older than this type. CloudFormation's user guide, AWS::IAM::OIDCProvider.
specification.ResourceTypes['AWS::IAM::OIDCProvider'] ??= {
  Attributes: { Arn: { PrimitiveType: 'String' } },
  Properties: {
    Url: { PrimitiveType: 'String', Required: true, UpdateType: 'Immutable' }, ClientIdList: list, ThumbprintList: list,
  },
};
const { validateJsonObject } = require('cfn-lint');
const { importJWK } = await import('jose');

const readers = {
  hcl: (text, name) => parse(`${name}.tf`, text),
  cloudformation: (text) => validateJsonObject(JSON.parse(text)).errors,
  jwks: (text) => Promise.all(JSON.parse(text).keys.map(async (key) => (await importJWK(key)).type)),
};
const answer = {};
for (const [form, texts] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  answer[form] = {};
  for (const [name, text] of Object.entries(texts)) answer[form][name] = await readers[form](text, name);
}
process.stdout.write(JSON.stringify(answer));

// SPDX-License-Identifier: Apache-2.0
// Standard input, a stream of YAML documents, as @kubernetes/client-node understands it: the members that its models have.
import * as k8s from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';

process.stdout.write(JSON.stringify(k8s.loadAllYaml(readFileSync(0, 'utf8'))) + '\n');

// SPDX-License-Identifier: Apache-2.0
// s3rver with the empty bucket $2 in the folder $1, and AWS' own client beside it: a line {"port"} when it is ready;
// then each line of JSON on standard input {"bucket", "key"} is answered with what the client gets. It ends with that.
import S3rver from '@20minutes/s3rver'; // unlike s3rver, of which it is a fork, it checks signatures of version 4
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import readline from 'node:readline';

const [directory, bucket] = process.argv.slice(2);
const server = new S3rver({
  address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [{ name: bucket, configs: [] }],
});
const { port } = await server.run();
const client = new S3Client({
  endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true,
  credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
});
process.stdout.write(JSON.stringify({ port }) + '\n');

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { bucket: Bucket, key: Key } = JSON.parse(line);
  const object = await client.send(new GetObjectCommand({ Bucket, Key }));
  const answer = {
    body: await object.Body.transformToString(), type: object.ContentType, cache: object.CacheControl,
    metadata: object.Metadata,
  };
  process.stdout.write(JSON.stringify(answer) + '\n');
}
process.exit(); // boto3 keeps its connections, which a close would wait for

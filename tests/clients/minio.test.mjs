// minio: the MinIO project's client, which talks to any S3.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { before, test } from 'node:test';
import * as Minio from 'minio';
import { big, fetched, kKey, kSecret, kUrl, oddNames, whole } from './server.mjs';

const { hostname, port } = new URL(kUrl);
const minio = new Minio.Client({ endPoint: hostname, port: Number(port), useSSL: false,
  accessKey: kKey, secretKey: kSecret, region: 'us-east-1', partSize: 5 * 1024 * 1024 });
const bucket = 'minio-js';
// As a file is read: of one large piece it makes one part, however large.
function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
const text = async (stream) => (await whole(await stream)).toString();
const list = async (prefix, recursive = true) => {
  const entries = [];
  for await (const entry of minio.listObjectsV2(bucket, prefix, recursive)) entries.push(entry);
  return entries;
};

before(() => minio.makeBucket(bucket));

test('buckets are made, found and removed', async () => {
  await minio.makeBucket('minio-made');
  assert.ok((await minio.listBuckets()).some(({ name }) => name === 'minio-made'));
  await minio.removeBucket('minio-made');
  assert.equal(await minio.bucketExists('minio-made'), false);
});

test('an object is put, read, also in part, and removed', async () => {
  await minio.putObject(bucket, 'plain', 'hello', undefined, { 'Content-Type': 'text/x-y',
    'X-Amz-Meta-Made-By': 'test' });
  assert.equal(await text(minio.getObject(bucket, 'plain')), 'hello');
  assert.equal(await text(minio.getPartialObject(bucket, 'plain', 1, 3)), 'ell');
  const { metaData, size } = await minio.statObject(bucket, 'plain');
  assert.equal(size, 5);
  assert.equal(metaData['made-by'], 'test');
  assert.equal(metaData['content-type'], 'text/x-y');
  await minio.removeObject(bucket, 'plain');
  await assert.rejects(minio.statObject(bucket, 'plain'), { code: 'NotFound' });
});

test('a stream goes up in parts and comes back', async () => {
  await minio.putObject(bucket, 'big', Readable.from(pieces(big)), big.length);
  assert.match((await minio.statObject(bucket, 'big')).etag, /-3$/);
  assert.ok(big.equals(await whole(await minio.getObject(bucket, 'big'))));
});

test('a copy keeps what it copies; its condition holds', async () => {
  const { etag } = await minio.putObject(bucket, 'from', 'x');
  await minio.copyObject(bucket, 'to', `/${bucket}/from`);
  assert.equal(await text(minio.getObject(bucket, 'to')), 'x');
  const conditions = new Minio.CopyConditions();
  conditions.setMatchETagExcept(etag);
  await assert.rejects(minio.copyObject(bucket, 'to', `/${bucket}/from`, conditions),
    { code: 'PreconditionFailed' });
});

test('listings come in pages and folded', async () => {
  for (const name of ['l/1', 'l/2', 'l/d/3']) await minio.putObject(bucket, name, 'x');
  const found = await list('l/', false);
  assert.deepEqual(found.map(({ name, prefix }) => name ?? prefix).sort(), ['l/1', 'l/2', 'l/d/']);
  const page = await minio.listObjectsV2Query(bucket, 'l/', '', '', 2, '');
  assert.equal(page.isTruncated, true);
  const rest = await minio.listObjectsV2Query(bucket, 'l/', page.nextContinuationToken, '', 2, '');
  assert.deepEqual(rest.objects.map(({ name }) => name), ['l/d/3']);
});

test('unusual keys are put, read, listed and removed at once', async () => {
  const names = oddNames.map((name) => `odd/${name}`);
  for (const [number, name] of names.entries()) {
    await minio.putObject(bucket, name, String(number));
    assert.equal(await text(minio.getObject(bucket, name)), String(number), name);
  }
  assert.deepEqual((await list('odd/')).map(({ name }) => name).sort(), [...names].sort());
  await minio.removeObjects(bucket, names);
  assert.deepEqual(await list('odd/'), []);
});

test('pre-signed GET, PUT and DELETE, and a form', async () => {
  const name = 'signed ä';
  await fetched(await minio.presignedPutObject(bucket, name, 60), { method: 'PUT', body: 'hi' });
  assert.equal(await fetched(await minio.presignedGetObject(bucket, name, 60)), 'hi');
  await fetched(await minio.presignedUrl('DELETE', bucket, name, 60), { method: 'DELETE' });
  await assert.rejects(minio.statObject(bucket, name), { code: 'NotFound' });

  const policy = minio.newPostPolicy();
  policy.setBucket(bucket);
  policy.setKey('form');
  policy.setContentLengthRange(1, 10);
  policy.setExpires(new Date(Date.now() + 60_000));
  const { postURL, formData } = await minio.presignedPostPolicy(policy);
  const form = new FormData();
  for (const [field, value] of Object.entries(formData)) form.append(field, value);
  form.append('file', new Blob(['meow']), 'cat.txt');
  await fetched(postURL, { method: 'POST', body: form });
  assert.equal(await text(minio.getObject(bucket, 'form')), 'meow');
});

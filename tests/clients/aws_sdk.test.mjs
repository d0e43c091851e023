// AWS's own SDK for JavaScript, as it is: its checksums and trailers are its defaults.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { before, test } from 'node:test';
import {
  AbortMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand,
  DeleteObjectCommand, DeleteObjectsCommand, GetObjectAttributesCommand, GetObjectCommand,
  HeadObjectCommand, ListBucketsCommand, ListPartsCommand, PutObjectCommand, S3Client,
  UploadPartCopyCommand, CompleteMultipartUploadCommand, paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { big, fetched, kKey, kSecret, kUrl, oddNames, whole } from './server.mjs';

const Bucket = 'aws-sdk';
const sent = []; // The headers of each request, to see what the defaults are.
const kConfig = {
  endpoint: kUrl, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1,
  credentials: { accessKeyId: kKey, secretAccessKey: kSecret },
};
const s3 = new S3Client(kConfig);
// Left to its default it signs, into the URL of a PUT, the checksum of a body of no bytes.
const presigner = new S3Client({ ...kConfig, requestChecksumCalculation: 'WHEN_REQUIRED' });
s3.middlewareStack.add((next) => async (args) => {
  sent.push(args.request.headers);
  return next(args);
}, { step: 'deserialize' });

const put = (Key, Body, more = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key, more = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
const text = async (Key, more) => (await get(Key, more)).Body.transformToString();
const head = (Key, more = {}) => s3.send(new HeadObjectCommand({ Bucket, Key, ...more }));

async function keys(Prefix, config = {}, more = {}) {
  const pages = [];
  for await (const page of paginateListObjectsV2({ client: s3, ...config },
    { Bucket, Prefix, ...more })) pages.push(page);
  return { pages: pages.length, keys: pages.flatMap((page) => page.Contents ?? []).map((o) => o.Key),
    folds: pages.flatMap((page) => page.CommonPrefixes ?? []).map((fold) => fold.Prefix) };
}

const refusedAs = (name, status) => (error) => {
  assert.equal(error.name, name);
  assert.equal(error.$metadata.httpStatusCode, status);
  return true;
};

before(() => s3.send(new CreateBucketCommand({ Bucket })));

test('an object is put with a checksum of its own accord, read back and checked', async () => {
  const answer = await put('plain', 'hello');
  assert.ok(sent.at(-1)['x-amz-checksum-crc32'], 'the SDK sent no checksum');
  assert.equal(answer.ChecksumCRC32, 'NhCmhg==');
  assert.equal(await text('plain'), 'hello');
  assert.equal((await head('plain', { ChecksumMode: 'ENABLED' })).ChecksumCRC32, 'NhCmhg==');
  await assert.rejects(put('plain', 'hello', { ChecksumCRC32: 'AAAAAA==' }),
    refusedAs('BadDigest', 400));
});

test('a stream goes up in pieces with its checksum behind them', async () => {
  await put('stream', Readable.from([big.subarray(0, 70_000), big.subarray(0, 13)]),
    { ContentLength: 70_013 });
  assert.equal(sent.at(-1)['x-amz-content-sha256'], 'STREAMING-UNSIGNED-PAYLOAD-TRAILER');
  assert.equal(sent.at(-1)['x-amz-trailer'], 'x-amz-checksum-crc32');
  assert.equal((await head('stream')).ContentLength, 70_013);
});

test('every checksum is computed, kept and checked', async () => {
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256']) {
    const answer = await put('sum', 'hello', { ChecksumAlgorithm });
    const kept = await head('sum', { ChecksumMode: 'ENABLED' });
    assert.ok(answer[`Checksum${ChecksumAlgorithm}`], ChecksumAlgorithm);
    assert.equal(kept[`Checksum${ChecksumAlgorithm}`], answer[`Checksum${ChecksumAlgorithm}`]);
    assert.equal(await text('sum'), 'hello');
  }
});

test('ranges and conditions on reads', async () => {
  const { ETag } = await put('digits', '0123456789');
  assert.equal(await text('digits', { Range: 'bytes=2-4' }), '234');
  assert.equal(await text('digits', { Range: 'bytes=-3' }), '789');
  await assert.rejects(get('digits', { Range: 'bytes=10-' }), refusedAs('InvalidRange', 416));
  await assert.rejects(get('digits', { IfMatch: '"other"' }), refusedAs('PreconditionFailed', 412));
  await assert.rejects(get('digits', { IfNoneMatch: ETag }),
    (error) => error.$metadata.httpStatusCode === 304);
});

test('conditions on writes', async () => {
  const { ETag } = await put('once', '1', { IfNoneMatch: '*' });
  await assert.rejects(put('once', '2', { IfNoneMatch: '*' }), refusedAs('PreconditionFailed', 412));
  await assert.rejects(put('once', '2', { IfMatch: '"other"' }),
    refusedAs('PreconditionFailed', 412));
  await put('once', '2', { IfMatch: ETag });
  await assert.rejects(put('never', '2', { IfMatch: ETag }), refusedAs('NoSuchKey', 404));
  assert.equal(await text('once'), '2');
});

test('listings come in pages, folded, also of buckets', async () => {
  for (const name of ['p/1', 'p/2', 'p/d/3', 'p/d/4', 'p/e/5']) await put(name, 'x');
  assert.deepEqual(await keys('p/', { pageSize: 1 }, { Delimiter: '/' }),
    { pages: 4, keys: ['p/1', 'p/2'], folds: ['p/d/', 'p/e/'] });
  const first = await s3.send(new ListBucketsCommand({ MaxBuckets: 1 }));
  assert.equal(first.Buckets.length, 1);
  const more = await s3.send(new ListBucketsCommand({ ContinuationToken: first.ContinuationToken }));
  assert.ok(more.Buckets.every((bucket) => bucket.Name > first.Buckets[0].Name));
  const ours = await s3.send(new ListBucketsCommand({ Prefix: 'aws-' }));
  assert.deepEqual(ours.Buckets.map((bucket) => bucket.Name), [Bucket]);
});

test('metadata, a copy that keeps or replaces it, and its removal', async () => {
  await put('meta', 'x', { Metadata: { 'made-by': 'test' }, ContentType: 'image/x-y',
    CacheControl: 'no-store' });
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'kept', CopySource: `${Bucket}/meta` }));
  assert.deepEqual((await head('kept')).Metadata, { 'made-by': 'test' });
  assert.equal((await head('kept')).CacheControl, 'no-store');
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'new', CopySource: `${Bucket}/meta`,
    MetadataDirective: 'REPLACE', Metadata: { b: 'c' } }));
  assert.deepEqual((await head('new')).Metadata, { b: 'c' });
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'new' }));
  await assert.rejects(head('new'), refusedAs('NotFound', 404));
});

test('unusual keys are put, listed, read, copied and removed at once', async () => {
  for (const [number, name] of oddNames.entries()) {
    await put(`odd/${name}`, String(number));
    assert.equal(await text(`odd/${name}`), String(number), name);
    await s3.send(new CopyObjectCommand({ Bucket, Key: `odd2/${name}`,
      CopySource: `${Bucket}/${encodeURIComponent(`odd/${name}`)}` }));
    assert.equal(await text(`odd2/${name}`), String(number), name);
  }
  const listed = (await keys('odd/')).keys;
  assert.deepEqual([...listed].sort(), oddNames.map((name) => `odd/${name}`).sort());
  const answer = await s3.send(new DeleteObjectsCommand({ Bucket,
    Delete: { Objects: listed.map((Key) => ({ Key })) } }));
  assert.equal(answer.Deleted.length, listed.length);
  assert.deepEqual((await keys('odd/')).keys, []);
});

test('lib-storage sends a stream of unknown length in parts', async () => {
  const upload = new Upload({ client: s3, params: { Bucket, Key: 'big', Body: Readable.from([big]),
    Metadata: { a: 'b' } } });
  await upload.done();
  const answer = await get('big');
  assert.match(answer.ETag, /-3"$/);
  assert.deepEqual(answer.Metadata, { a: 'b' });
  assert.ok(big.equals(await whole(answer.Body)));
  const about = await s3.send(new GetObjectAttributesCommand({ Bucket, Key: 'big',
    ObjectAttributes: ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] }));
  assert.equal(about.ObjectSize, big.length);
  assert.equal(about.ObjectParts.TotalPartsCount, 3);
  assert.equal(`"${about.ETag}"`, answer.ETag);
  assert.ok(about.Checksum.ChecksumCRC32);
});

test('parts are copied, listed and completed, or aborted', async () => {
  await put('source', big);
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
  const halves = [[0, 6 * 1024 * 1024], [6 * 1024 * 1024, big.length]];
  const Parts = [];
  for (const [index, [from, to]] of halves.entries()) {
    const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({ Bucket, Key: 'parts',
      UploadId, PartNumber: index + 1, CopySource: `${Bucket}/source`,
      CopySourceRange: `bytes=${from}-${to - 1}` }));
    Parts.push({ PartNumber: index + 1, ETag: CopyPartResult.ETag });
  }
  const listed = await s3.send(new ListPartsCommand({ Bucket, Key: 'parts', UploadId }));
  assert.deepEqual(listed.Parts.map((part) => part.ETag), Parts.map((part) => part.ETag));
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId,
    MultipartUpload: { Parts } }));
  assert.ok(big.equals(await whole((await get('parts')).Body)));

  const other = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'aborted' }));
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted',
    UploadId: other.UploadId }));
  await assert.rejects(s3.send(new ListPartsCommand({ Bucket, Key: 'aborted',
    UploadId: other.UploadId })), refusedAs('NoSuchUpload', 404));
});

test('pre-signed GET, PUT and DELETE, and a form', async () => {
  const signed = (command) => getSignedUrl(presigner, command, { expiresIn: 60 });
  const Key = 'signed ä';
  await fetched(await signed(new PutObjectCommand({ Bucket, Key })), { method: 'PUT', body: 'hi' });
  assert.equal(await fetched(await signed(new GetObjectCommand({ Bucket, Key }))), 'hi');
  await fetched(await signed(new DeleteObjectCommand({ Bucket, Key })), { method: 'DELETE' });
  await assert.rejects(head(Key), refusedAs('NotFound', 404));

  const { url, fields } = await createPresignedPost(s3, { Bucket, Key: 'form/${filename}',
    Expires: 60, Fields: { 'Content-Type': 'text/plain' },
    Conditions: [['content-length-range', 1, 10], ['starts-with', '$key', 'form/']] });
  const form = (content) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    data.append('file', new Blob([content]), 'cat.txt');
    return { method: 'POST', body: data };
  };
  await fetched(url, form('meow'));
  assert.equal(await text('form/cat.txt'), 'meow');
  assert.equal((await fetch(url, form('much too long'))).status, 400);
});

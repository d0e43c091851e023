// Uppy's S3 plug-in in Chromium: a page of another origin, which the bucket's CORS rules let in.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand, GetObjectCommand, ListMultipartUploadsCommand, PutBucketCorsCommand, S3Client,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { build } from 'esbuild';
import { openBrowser } from '../page/driver.mjs';
import { kKey, kSecret, kUrl, whole } from './server.mjs';

const Bucket = 'uppy';
const credentials = { accessKeyId: kKey, secretAccessKey: kSecret };
const s3 = new S3Client({ endpoint: kUrl, region: 'us-east-1', forcePathStyle: true, credentials });
let site, browser, page;

before(async () => {
  const { outputFiles } = await build({ bundle: true, write: false, format: 'iife',
    entryPoints: [fileURLToPath(new URL('uppy_page.mjs', import.meta.url))] });
  site = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? outputFiles[0].contents
      : '<!doctype html><title>x</title><script src="/page.js"></script>');
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${site.address().port}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{
    AllowedOrigins: [origin], AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE'],
    AllowedHeaders: ['*'], ExposeHeaders: ['ETag', 'Location'] }] } }));
  browser = await openBrowser();
  page = await browser.newPage();
  await page.goto(origin);
});

after(async () => {
  await browser?.close();
  site?.close();
});

async function uploads(options) {
  const said = await page.evaluate((given) => window.upload(given),
    { s3Endpoint: `${kUrl}/${Bucket}`, credentials, ...options });
  assert.deepEqual(said.failed, []);
  assert.equal(said.successful.length, 1);
  const { Body, ETag, ContentType } =
    await s3.send(new GetObjectCommand({ Bucket, Key: options.name }));
  const bytes = await whole(Body);
  assert.equal(bytes.length, options.size);
  assert.ok(bytes.every((byte, index) => byte === index % 251));
  return { ETag, ContentType };
}

test('a file goes up by a pre-signed PUT, of a type and an unusual name', async () => {
  const { ContentType } = await uploads({ name: 'a b+ä.txt', size: 1000, parts: false });
  assert.equal(ContentType, 'text/x-y');
});

test('a file goes up in parts, and leaves no upload behind', async () => {
  const size = 11 * 1024 * 1024 + 13;
  const { ETag } = await uploads({ name: 'parts', size, parts: true });
  assert.match(ETag, /-3"$/);
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
});

test('a file goes up by a form', async () => {
  const signed = await createPresignedPost(s3, { Bucket, Key: 'form', Expires: 60,
    Fields: { 'Content-Type': 'text/x-y' } });
  const { ContentType } = await uploads({ name: 'form', size: 1000, parts: false, signed });
  assert.equal(ContentType, 'text/x-y');
});

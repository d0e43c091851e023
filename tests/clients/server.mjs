// server: the S3 server that the clients are tried against, and what they are given to carry.

import { createHash } from 'node:crypto';
import assert from 'node:assert/strict';

export const kUrl = process.env.IMAGEMILL_S3_URL;
export const kKey = process.env.IMAGEMILL_S3_KEY;
export const kSecret = process.env.IMAGEMILL_S3_SECRET;

// Two parts of 5 MiB and one of no round size.
export const big = Buffer.alloc(11 * 1024 * 1024 + 13, createHash('sha512').update('big').digest());

export const oddNames = ['a b', 'a+b', '100%', '%41', 'ä ö/ß', '日本/猫', 'a&b=c;d', 'q?', 'h#',
  "(x)!$'*,", 'it\'s "quoted"', 'a\\b', '~tilde~', 'a//b', 'end/'];

export async function whole(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

// What a program without any key fetches by a pre-signed URL.
export async function fetched(url, options = {}) {
  const response = await fetch(url, options);
  const body = await response.text();
  assert.ok(response.ok, `${options.method ?? 'GET'} ${response.status} ${body}`);
  return body;
}

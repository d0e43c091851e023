// fake_api: the HTTP API and the store as the page sees them, in one small process, so that the
// page can be worked on and tested without the real server. It keeps pictures in memory, renders
// nothing (a "rendition" is the original's bytes under the sizes a real one would have) and can be
// told to be slow or to fail.
//
// By hand: node tests/page/fake_api.mjs [port]

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { extname, join } from 'node:path';
import { FakeConsole } from './fake_console.mjs';
import { parseMultipart, readBody, sendJson, sendProblem } from './fake_http.mjs';
import { probe } from './fake_probe.mjs';

const kWeb = fileURLToPath(new URL('../../web/', import.meta.url));
const kUplot = fileURLToPath(new URL('../../node_modules/uplot/', import.meta.url));
const kFiles = {
  '/': `${kWeb}index.html`,
  '/console': `${kWeb}console/index.html`,
  '/console/uplot/uPlot.js': `${kUplot}dist/uPlot.esm.js`,
  '/console/uplot/uPlot.css': `${kUplot}dist/uPlot.min.css`,
};
const kTypes = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
};
const kSourceBucket = 'image-upload-source-bucket';
const kDestinationBucket = 'image-resized-output-bucket';
const kPlaceholder = { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7c8458' };

const kDefaults = {
  port: 0,
  uploadBytesMax: 50_000_000,
  token: '', // Empty: anyone may upload.
  processingMs: 150,
  crops: false, // Adds square renditions: other shapes than the original's.
};

// → {url, storeUrl, options, console, close()}; `options` may be changed while it runs.
export async function startFakeApi(overrides = {}) {
  const options = { ...kDefaults, ...overrides };
  const images = new Map(); // By filename: {bytes, info, etag, readyAt}.
  const fakeConsole = new FakeConsole();
  const store = await listen(createServer((request, response) => {
    answer(response, () => serveStore(request, response, { images, options, origin: front.url }));
  }), 0);
  const front = await listen(createServer((request, response) => {
    answer(response, () => serveFront(request, response, {
      images, fakeConsole, options, storeUrl: store.url,
    }));
  }), options.port);
  return {
    url: front.url,
    storeUrl: store.url,
    options,
    console: fakeConsole,
    close: () => { front.close(); store.close(); },
  };
}

async function listen(server, port) {
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => { server.close(); server.closeAllConnections(); },
  };
}

async function answer(response, serve) {
  try {
    await serve();
  } catch (error) {
    if (!response.headersSent) sendProblem(response, 500, String(error?.stack ?? error));
  }
}

async function serveFront(request, response, world) {
  const url = new URL(request.url, 'http://fake');
  if (url.pathname === '/upload' && request.method === 'POST') {
    return upload(request, response, world);
  }
  if (url.pathname.startsWith('/image/')) {
    const filename = decodeURIComponent(url.pathname.slice('/image/'.length));
    if (request.method !== 'DELETE') return showImage(response, filename, url.searchParams, world);
    world.images.delete(filename);
    return response.writeHead(204).end();
  }
  if (url.pathname === '/config.json') {
    return sendJson(response, 200, {
      api: '', upload_bytes_max: world.options.uploadBytesMax,
      token_required: world.options.token !== '', version: '0.1.0', s3_url: world.storeUrl,
    });
  }
  if (await world.fakeConsole.serve(request, response, url.pathname, url.searchParams)) return;
  return serveFile(response, url.pathname, world.storeUrl);
}

async function serveFile(response, path, storeUrl) {
  const name = path.slice(1);
  const isPlain = /^(console\/)?[\w.-]+$/.test(name) && kTypes[extname(name)];
  const file = kFiles[path] ?? (isPlain ? join(kWeb, name) : null);
  if (!file) return sendProblem(response, 404, 'There is no such page.');
  const bytes = await readFile(file);
  const type = kTypes[extname(file)];
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; ` +
      `img-src 'self' blob: ${storeUrl}; connect-src 'self' ${storeUrl}; base-uri 'none'; ` +
      `form-action 'none'; frame-ancestors 'none'`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }).end(bytes);
}

async function upload(request, response, world) {
  const { options } = world;
  const body = await readBody(request);
  if (options.token && request.headers.authorization !== `Bearer ${options.token}`) {
    return sendProblem(response, 401, 'This upload needs the upload token.');
  }
  if (body.length > options.uploadBytesMax) {
    return sendProblem(response, 413,
      `The upload has ${body.length} bytes; the limit is ${options.uploadBytesMax}.`);
  }
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return offerForm(response, JSON.parse(body), world);
  const part = parseMultipart(body, type).find(({ filename }) => filename);
  if (!part) return sendProblem(response, 400, 'The form holds no file.');
  const info = probe(part.bytes);
  if (!info) {
    return sendProblem(response, 415,
      `${part.filename} is not a picture: its first bytes are those of no format taken here.`);
  }
  const filename = keep(world, part.filename, part.bytes, info);
  sendJson(response, 201, { images: [describe(filename, world)] });
}

// A free name is kept, as is a name that already stands for the same bytes.
function keep({ images, options }, wanted, bytes, info) {
  const etag = createHash('md5').update(bytes).digest('hex');
  const taken = images.get(wanted);
  const filename = taken && taken.etag !== etag ? withSuffix(wanted) : wanted;
  images.set(filename, { bytes, info, etag, readyAt: Date.now() + options.processingMs });
  return filename;
}

function withSuffix(name) {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return `${stem}-${randomBytes(16).toString('hex')}${name.slice(stem.length)}`;
}

function offerForm(response, { filename, contentType, size }, { storeUrl }) {
  if (!contentType?.startsWith('image/') || !(size > 0)) {
    return sendProblem(response, 400, 'contentType must be an image type and size a number.');
  }
  const key = withSuffix(filename);
  sendJson(response, 200, {
    filename: key,
    upload: {
      method: 'POST', url: `${storeUrl}/${kSourceBucket}`,
      fields: { key, 'Content-Type': contentType, policy: 'fake', 'x-amz-signature': 'fake' },
    },
  });
}

async function showImage(response, filename, query, world) {
  const deadline = Date.now() + Math.min(Number(query.get('wait') ?? 0), 20) * 1000;
  for (;;) {
    const image = describe(filename, world);
    if (!image) return sendProblem(response, 404, `There is no picture called ${filename}.`);
    if (image.status === 'processing' && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    if (query.has('redirect') && image.status === 'ready') {
      const wanted = query.get('redirect');
      const rendition = image.renditions.find(({ name }) => name === wanted) ?? image.renditions[0];
      response.writeHead(302, { Location: rendition.url, 'Cache-Control': 'no-store' });
      return response.end();
    }
    const status = { ready: 200, processing: 202, failed: 422 }[image.status];
    return sendJson(response, status, image, status === 202 ? { 'Retry-After': '1' } : {});
  }
}

function describe(filename, { images, options, storeUrl }) {
  const image = images.get(filename);
  if (!image) return null;
  const { info, etag, bytes } = image;
  const known = {
    filename,
    source: {
      bucket: kSourceBucket, key: filename, size: bytes.length, etag,
      content_type: `image/${info.format}`,
    },
    renditions: [], metadata: null, placeholder: null, lane: null, stripped: [], error: null,
    timings_ms: {},
    links: { self: `/image/${encodeURIComponent(filename)}` },
  };
  if (Date.now() < image.readyAt) return { ...known, status: 'processing' };
  if (!info.complete) {
    const message = `The ${info.format.toUpperCase()} ends early: part of the file is missing.`;
    return { ...known, status: 'failed', error: { code: 'corrupt', message } };
  }
  return {
    ...known,
    status: 'ready',
    renditions: renditionsOf(filename, info, options.crops, storeUrl),
    metadata: { format: info.format, width: info.width, height: info.height, orientation: 1,
      has_alpha: false, frames: 1 },
    placeholder: kPlaceholder,
    lane: info.format === 'jpeg' ? 'jpeg' : 'libvips',
    stripped: info.format === 'jpeg' ? ['location', 'camera', 'time'] : [],
    timings_ms: { fetch: 4, render: 31, decode: 22, resize: 4, encode: 5, store: 6, total: 43 },
  };
}

function renditionsOf(filename, { width, height, format }, crops, storeUrl) {
  const scale = Math.min(1, 800 / Math.max(width, height));
  const fitted = [
    { name: 'resized', width: Math.round(width * scale), height: Math.round(height * scale) },
  ];
  const squares = [
    { name: 'large', width: 512, height: 512 },
    { name: 'small', width: 96, height: 96 },
  ];
  return (crops ? squares : fitted).map((size) => ({
    ...size, format, bucket: kDestinationBucket, key: `${size.name}-${filename}`,
    url: `${storeUrl}/${kDestinationBucket}/${size.name}-${encodeURIComponent(filename)}`,
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    size: Math.round(size.width * size.height * 0.21) + 900,
  }));
}

// The store is another origin, so a browser asks it first (CORS).
async function serveStore(request, response, { images, options, origin }) {
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Vary', 'Origin');
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT');
    response.setHeader('Access-Control-Allow-Headers', 'content-type');
    return response.writeHead(200).end();
  }
  if (request.method === 'POST') {
    const parts = parseMultipart(await readBody(request), request.headers['content-type']);
    const key = parts.find(({ name }) => name === 'key').bytes.toString();
    const { bytes } = parts.find(({ name }) => name === 'file');
    keep({ images, options }, key, bytes, probe(bytes) ?? { format: 'jpeg', complete: false });
    return response.writeHead(204).end();
  }
  const key = decodeURIComponent(request.url.slice(`/${kDestinationBucket}/`.length));
  const image = images.get(key.slice(key.indexOf('-') + 1));
  if (!image) return response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': `image/${image.info.format}` }).end(image.bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fake = await startFakeApi({ port: Number(process.argv[2] ?? 8080), processingMs: 1500 });
  console.log(`ready ${fake.url} s3 ${fake.storeUrl}`);
}

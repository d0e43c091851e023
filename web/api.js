// api: the HTTP API as calls. docs/api.md is the contract.
//
// Shapes:  `file` is a File; progress goes from 0 to 1; an Image is the API's, unchanged.
// Errors:  every failed call throws an ApiError whose message is a sentence for the person who
//          waits: the server's own where it sent one. An aborted call throws an AbortError.

import { extensionOf, formatBytes } from './format.js';

export class ApiError extends Error {
  constructor(message, { status = 0, passing = false, retryAfterSeconds = 0 } = {}) {
    super(message);
    this.status = status;
    this.passing = passing; // Worth asking again by itself: the server is busy or out of reach.
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const kTypes = {
  jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', gif: 'image/gif',
  avif: 'image/avif', tif: 'image/tiff', tiff: 'image/tiff', svg: 'image/svg+xml',
  heic: 'image/heic', heif: 'image/heic', bmp: 'image/bmp',
};

// The browser's word for the type, or the extension's where it has none (HEIC, often).
export function contentTypeOf(file) {
  return file.type || kTypes[extensionOf(file.name)] || 'application/octet-stream';
}

export function imagePath(filename) {
  return `/image/${filename.split('/').map(encodeURIComponent).join('/')}`;
}

export class Api {
  #base;
  #uploadBytesMax;
  #token;

  // `token` is a function: the token may be typed in at any time.
  constructor({ base, uploadBytesMax, token }) {
    this.#base = base;
    this.#uploadBytesMax = uploadBytesMax;
    this.#token = token;
  }

  // The stable address of a rendition; it answers with a redirect to the picture.
  pictureUrl(filename, rendition = '') {
    const choice = rendition ? `=${encodeURIComponent(rendition)}` : '';
    return new URL(`${this.#base}${imagePath(filename)}?redirect${choice}`, location.href).href;
  }

  // Sends the file, and returns {filename, image}; `image` is null after the pre-signed way.
  async upload(file, { onProgress, signal }) {
    if (file.size > this.#uploadBytesMax) return this.#uploadSigned(file, { onProgress, signal });
    try {
      return await this.#uploadForm(file, { onProgress, signal });
    } catch (error) {
      // The way through the gateway may be narrower than config.json says.
      if (error.status !== 413) throw error;
      return this.#uploadSigned(file, { onProgress, signal });
    }
  }

  // One question about one picture: {status, image, message, retryAfterSeconds}, where status is
  // 'ready', 'processing', 'failed' or 'gone'. The server may take `waitSeconds` to answer.
  async image(filename, { waitSeconds, signal }) {
    const url = `${this.#base}${imagePath(filename)}?wait=${waitSeconds}`;
    const response = await request(url, { signal, timeoutMs: (waitSeconds + 30) * 1000 });
    const image = parseJson(response.text);
    const retryAfterSeconds = Number(response.header('Retry-After')) || 0;
    if (response.status === 404) return { status: 'gone', image: null, retryAfterSeconds: 0 };
    if (response.status === 422) {
      return { status: 'failed', image, message: sentenceOf(response), retryAfterSeconds: 0 };
    }
    if (response.status === 202) return { status: 'processing', image, retryAfterSeconds };
    if (response.status === 200 && image) return { status: 'ready', image, retryAfterSeconds: 0 };
    throw failureOf(response);
  }

  async #uploadForm(file, { onProgress, signal }) {
    const body = new FormData();
    body.append('file', file, file.uploadName ?? file.name);
    const headers = this.#authorization();
    const response = await send({ url: `${this.#base}/upload`, headers, body, onProgress, signal });
    const image = parseJson(response.text)?.images?.[0];
    if (response.status !== 201 || !image?.filename) throw failureOf(response);
    return { filename: image.filename, image };
  }

  async #uploadSigned(file, { onProgress, signal }) {
    const response = await request(`${this.#base}/upload`, {
      method: 'POST',
      headers: { ...this.#authorization(), 'Content-Type': 'application/json' },
      body: JSON.stringify({
        filename: file.uploadName ?? file.name,
        contentType: contentTypeOf(file),
        size: file.size,
      }),
      signal,
      timeoutMs: 60_000,
    });
    const answer = parseJson(response.text);
    if (response.status !== 200 || !answer?.upload?.url) throw failureOf(response);
    const body = new FormData();
    for (const [name, value] of Object.entries(answer.upload.fields)) body.append(name, value);
    body.append('file', file); // S3 ignores every field after the file.
    const stored = await send({ url: answer.upload.url, headers: {}, body, onProgress, signal });
    if (stored.status < 200 || stored.status > 299) throw storeFailureOf(stored, file);
    return { filename: answer.filename, image: null };
  }

  #authorization() {
    const token = this.#token();
    return token ? { Authorization: `Bearer ${token}` } : {};
  }
}

async function request(url, { method = 'GET', headers = {}, body, signal, timeoutMs }) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal.addEventListener('abort', abort);
  try {
    const response = await fetch(url, {
      method, headers, body, cache: 'no-store', signal: controller.signal,
    });
    const text = await response.text();
    return { status: response.status, text, header: (name) => response.headers.get(name) };
  } catch (error) {
    if (signal.aborted) throw error;
    throw outOfReach();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

// fetch cannot tell how much of a body is gone; XMLHttpRequest can.
function send({ url, headers, body, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(new DOMException('The upload was cancelled.', 'AbortError'));
    if (signal.aborted) return aborted();
    const call = new XMLHttpRequest();
    call.open('POST', url);
    for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value);
    call.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    const cancel = () => call.abort();
    signal.addEventListener('abort', cancel);
    call.onloadend = () => signal.removeEventListener('abort', cancel);
    call.onload = () => resolve({
      status: call.status,
      text: call.responseText,
      header: (name) => call.getResponseHeader(name),
    });
    call.onerror = () => reject(outOfReach());
    call.onabort = aborted;
    call.send(body);
  });
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function outOfReach() {
  return new ApiError('The server could not be reached. Is it running, and are you online?', {
    passing: true,
  });
}

function sentenceOf(response) {
  const body = parseJson(response.text);
  return body?.error?.message || body?.detail || body?.title || '';
}

function failureOf(response) {
  const message = sentenceOf(response) || `The server answered ${response.status} and no reason.`;
  const passing = response.status === 429 || response.status >= 500;
  const retryAfterSeconds = Number(response.header('Retry-After')) || 0;
  return new ApiError(message, { status: response.status, passing, retryAfterSeconds });
}

// S3 explains itself in XML: <Error><Code>…</Code><Message>…</Message></Error>.
function storeFailureOf(response, file) {
  const error = new DOMParser().parseFromString(response.text, 'application/xml');
  const said = error.querySelector('Message')?.textContent;
  const reason = said ? `It said: ${said}` : `It answered ${response.status}.`;
  const message = `The store did not take this file of ${formatBytes(file.size)}. ${reason}`;
  return new ApiError(message, { status: response.status, passing: response.status >= 500 });
}

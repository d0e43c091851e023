// uploads: the pictures of this page and what becomes of each. No DOM.
//
// An item's `state` goes  waiting → uploading → processing → ready | failed | gone,  or is
// `refused` from the start where the file could not be a picture. Items of an earlier visit start
// at `processing`: only the server knows. Every change is a 'change' event, every coming and going
// of items a 'list' event.

import { Poller } from './poller.js';

const kUploadsMax = 3;

export class Uploads extends EventTarget {
  items = []; // Newest batch first.
  #api;
  #poller;
  #uploading = 0;
  #paused = false;
  #nextId = 1;

  constructor(api) {
    super();
    this.#api = api;
    this.#poller = new Poller({
      ask: (item, waitSeconds) =>
        this.#api.image(item.filename, { waitSeconds, signal: item.signal }),
      onAnswer: (item, answer) => this.#answered(item, answer),
      onFailure: (item, error) => this.#fail(item, error.message, 'ask'),
    });
  }

  // files: [{file, refusal}], where a refusal is a sentence, or null for a file worth sending.
  add(files) {
    const batch = files.map(({ file, refusal }) => this.#makeItem({
      file,
      name: file.uploadName ?? file.name,
      size: file.size,
      addedAt: Date.now(),
      state: refusal ? 'refused' : 'waiting',
      message: refusal ?? '',
    }));
    this.items = [...batch, ...this.items];
    this.#listChanged(batch);
    this.#pump();
  }

  restore(entries) {
    const items = entries.map(({ filename, name, size, addedAt }) => this.#makeItem({
      filename, name: name ?? filename, size: size ?? null, addedAt, state: 'processing',
      restored: true,
    }));
    this.items = [...this.items, ...items];
    this.#listChanged([]);
    for (const item of items) this.#poller.watch(item);
  }

  retry(item) {
    this.#renewAbort(item);
    if (item.retry === 'ask') {
      this.#change(item, { state: 'processing', message: '', retry: null });
      this.#poller.watch(item);
    } else if (item.retry === 'upload') {
      this.#change(item, { state: 'waiting', message: '', retry: null, progress: 0, image: null });
      this.#pump();
    }
  }

  // For when a token has come that may open the door.
  retryUnauthorized() {
    for (const item of this.items) {
      if (item.state === 'failed' && item.status === 401) this.retry(item);
    }
  }

  // Forgets the item here; the server keeps the picture.
  remove(item) {
    item.abort.abort();
    this.items = this.items.filter((other) => other !== item);
    this.#listChanged([]);
  }

  clear() {
    for (const item of this.items) item.abort.abort();
    this.items = [];
    this.#listChanged([]);
  }

  // Holds back new uploads, e.g. until a token is there.
  pause(paused) {
    this.#paused = paused;
    this.#pump();
  }

  #makeItem(fields) {
    const item = {
      id: this.#nextId++, file: null, filename: null, image: null, progress: 0, message: '',
      retry: null, restored: false, ...fields,
    };
    this.#renewAbort(item);
    return item;
  }

  #renewAbort(item) {
    item.abort = new AbortController();
    item.signal = item.abort.signal;
  }

  #pump() {
    while (!this.#paused && this.#uploading < kUploadsMax) {
      const next = this.#nextWaiting();
      if (!next) return;
      this.#upload(next);
    }
  }

  // First come, first served: the oldest batch is last in the list, its first file has the
  // smallest id.
  #nextWaiting() {
    let next = null;
    for (const item of this.items) {
      if (item.state === 'waiting' && (!next || item.id < next.id)) next = item;
    }
    return next;
  }

  async #upload(item) {
    this.#uploading += 1;
    this.#change(item, { state: 'uploading', progress: 0 });
    try {
      const { filename, image } = await this.#api.upload(item.file, {
        signal: item.signal,
        onProgress: (progress) => this.#change(item, { progress }),
      });
      this.#change(item, { filename, image, progress: 1, state: 'processing' });
      if (image && image.status !== 'processing') {
        this.#answered(item, { status: image.status, image, message: image.error?.message });
      } else {
        this.#poller.watch(item);
      }
    } catch (error) {
      if (!item.signal.aborted) this.#fail(item, error.message, 'upload', error.status);
    } finally {
      this.#uploading -= 1;
      this.#pump();
    }
  }

  #answered(item, { status, image, message }) {
    const again = item.file ? 'upload' : 'ask';
    if (status === 'ready') this.#change(item, { state: 'ready', image });
    else if (status === 'gone') {
      const gone = 'This picture is no longer on the server.';
      this.#change(item, { state: 'gone', message: gone, retry: item.file ? 'upload' : null });
    } else {
      item.image = image;
      this.#fail(item, message || 'The picture could not be processed.', again);
    }
  }

  #fail(item, message, retry, status = 0) {
    this.#change(item, { state: 'failed', message, retry, status });
  }

  #change(item, fields) {
    if (!this.items.includes(item)) return;
    const before = item.state;
    Object.assign(item, fields);
    this.dispatchEvent(new CustomEvent('change', { detail: { item, before } }));
  }

  #listChanged(added) {
    this.dispatchEvent(new CustomEvent('list', { detail: { added } }));
  }
}

// failures: pictures that could not be done, with the reason that GET /image gives.

import { make } from '../dom.js';
import { extensionOf, formatBytes, formatDimensions, formatName } from '../format.js';
import { makeThumbhashCanvas } from '../thumbhash.js';
import { makeLog } from './logs.js';
import { formatAge } from './words.js';

// What a browser is asked to draw: of a kind that it can, and small enough that it may, by the
// header that the server has read. What has none (no picture at all) is not handed on.
const kDrawn = ['jpeg', 'png', 'gif', 'webp', 'avif', 'bmp'];
const kPixelsMax = 50_000_000;
const kBytesMax = 20_000_000; // As the server gives them.

function isDrawable(image) {
  const { format, width, height, frames } = image?.metadata ?? {};
  return kDrawn.includes(format) && width * height * Math.max(frames ?? 1, 1) <= kPixelsMax &&
    image.source?.size <= kBytesMax;
}

// The original takes the place of what stands for it, or goes where it cannot be drawn.
function makeOriginal(key, source) {
  const query = new URLSearchParams({ key, etag: source.etag });
  const original = make('img', {
    loading: 'lazy', decoding: 'async', alt: '', onerror: () => original.remove(),
    onload: () => original.previousElementSibling.remove(),
    src: `/console/api/original?${query.toString().replaceAll('+', '%20')}`,
  });
  return original;
}

function makePicture(key, image) {
  const hash = image?.placeholder?.thumbhash;
  const canvas = hash ? makeThumbhashCanvas(hash) : null;
  const tile = make('div', { class: 'tile' },
    make('span', {}, formatName(image?.metadata?.format ?? extensionOf(key)) || '?'));
  return make('div', { class: 'failure-picture', 'aria-hidden': 'true' }, canvas ?? tile,
    isDrawable(image) ? makeOriginal(key, image.source) : null);
}

async function find(key) {
  const path = key.split('/').map(encodeURIComponent).join('/');
  const response = await fetch(`/image/${path}`, { cache: 'no-store' });
  if (response.status === 404) return { status: 'gone' };
  return response.json();
}

function factsOf(image) {
  const facts = [];
  if (image?.metadata) facts.push(formatDimensions(image.metadata.width, image.metadata.height));
  if (image?.source) facts.push(formatBytes(image.source.size));
  if (image?.error?.setting) facts.push(image.error.setting);
  return facts.filter(Boolean).join(' · ');
}

export class Failures {
  #list;
  #empty;
  #cards = new Map(); // By number of the invocation.

  constructor({ list, empty }) {
    this.#list = list;
    this.#empty = empty;
  }

  update(failures, nowMs) {
    const numbers = new Set(failures.map(({ number }) => number));
    for (const [number, card] of this.#cards) {
      if (numbers.has(number)) continue;
      card.remove();
      this.#cards.delete(number);
    }
    for (const entry of failures.toReversed()) {
      if (this.#cards.has(entry.number)) continue;
      const card = this.#make(entry, nowMs);
      this.#cards.set(entry.number, card);
      this.#list.prepend(card);
    }
    this.#empty.hidden = failures.length > 0;
  }

  #make(entry, nowMs) {
    const why = make('p', { class: 'event-why' }, 'Asking why…');
    const facts = make('p', { class: 'event-facts' });
    const more = make('details', { class: 'failure-log' }, make('summary', {}, 'Log'));
    const { log, load } = makeLog(entry);
    more.append(log);
    more.addEventListener('toggle', () => more.open && load(), { once: true });
    const card = make('li', { class: 'panel failure' }, makePicture(entry.key, null),
      make('div', { class: 'failure-body' },
        make('p', { class: 'event-name' }, entry.key), why, facts, more));
    const age = `${formatAge(nowMs - entry.ended_ms)} ago`;
    facts.textContent = age;
    find(entry.key).then((image) => {
      why.textContent = image.error?.message ??
        { gone: 'It has been deleted since.', ready: 'It has been done since.' }[image.status] ??
        'It is being tried again.';
      facts.textContent = [factsOf(image), age].filter(Boolean).join(' · ');
      card.firstChild.replaceWith(makePicture(entry.key, image));
    }).catch(() => { why.textContent = 'The server does not say why at the moment.'; });
    return card;
  }
}

// card: one picture in the list. Built once, then only its texts and states change, so that the
// keyboard's focus and a screen reader's place stay where they are.

import { copyText, kIcons, make, makeIcon, setText } from './dom.js';
import { makeFacts, makePrivacyNote } from './facts.js';
import {
  baseName, extensionOf, formatBytes, formatDuration, formatSaving, savedPercent,
} from './format.js';
import { Media } from './media.js';

const kCopiedMs = 2000;
const kBusy = new Set(['waiting', 'uploading', 'processing']);

export class Card {
  element;
  #item;
  #actions; // {pictureUrl, retry, remove, announce}
  #media;
  #parts;
  #measured = null; // {width, height} of the local file.
  #factsShown = '';

  constructor(item, actions) {
    this.#item = item;
    this.#actions = actions;
    this.#media = new Media(item, {
      pictureUrl: actions.pictureUrl,
      onMeasured: (size) => {
        this.#measured = size;
        this.#updateFacts();
      },
    });
    this.#parts = this.#makeParts();
    this.element = this.#makeElement();
    this.update();
  }

  update() {
    const { state, progress, retry } = this.#item;
    const parts = this.#parts;
    const ready = state === 'ready';
    this.element.dataset.state = state;
    this.#media.update();
    setText(parts.status, statusOf(this.#item));
    parts.progress.hidden = !kBusy.has(state);
    // A progress element without a value says "busy, no telling how long".
    if (state === 'processing') parts.progress.removeAttribute('value');
    else parts.progress.value = progress;
    parts.download.hidden = !ready;
    parts.copy.hidden = !ready;
    parts.retry.hidden = retry === null;
    parts.actions.hidden = !ready && retry === null;
    this.#updateBadge();
    this.#updateFacts();
    if (!ready) return;
    parts.download.href = this.#actions.pictureUrl(this.#item.filename, this.#first()?.name);
  }

  close() {
    this.#media.close();
    this.element.remove();
  }

  focus() {
    this.#parts.remove.focus();
  }

  #first() {
    return this.#item.image?.renditions?.[0];
  }

  #makeParts() {
    const { name } = this.#item;
    const button = (icon, text, label, onclick) => make('button', {
      type: 'button', class: 'button', 'aria-label': label, onclick,
    }, makeIcon(icon), make('span', {}, text));
    return {
      badge: make('span', { class: 'badge', hidden: true, 'aria-hidden': 'true' }),
      status: make('p', { class: 'status' }),
      progress: make('progress', { max: 1, value: 0, 'aria-label': `Progress of ${name}` }),
      facts: make('div', { class: 'facts' }),
      download: make('a', {
        class: 'button is-primary', 'aria-label': `Download ${name}`,
        onclick: (event) => this.#download(event),
      }, makeIcon(kIcons.download), make('span', {}, 'Download')),
      copy: button(kIcons.link, 'Copy link', `Copy link to ${name}`, () => this.#copy()),
      retry: button(kIcons.retry, 'Try again', `Try ${name} again`,
        () => this.#actions.retry(this.#item)),
      actions: make('div', { class: 'card-actions' }),
      remove: make('button', {
        type: 'button', class: 'button is-quiet', 'aria-label': `Remove ${name} from the list`,
        title: 'Remove from the list', onclick: () => this.#actions.remove(this.#item),
      }, makeIcon(kIcons.remove)),
    };
  }

  #makeElement() {
    const { badge, status, progress, facts, actions, download, copy, retry, remove } = this.#parts;
    const id = `picture-${this.#item.id}`;
    actions.append(download, copy, retry);
    return make('li', { class: 'card', 'aria-labelledby': id },
      this.#media.element,
      make('div', { class: 'card-body' },
        make('div', { class: 'card-head' },
          make('h3', { class: 'card-name', id, title: this.#item.name }, baseName(this.#item.name)),
          badge, remove),
        status, progress, facts, actions));
  }

  #updateBadge() {
    const rendition = this.#item.state === 'ready' ? this.#first() : null;
    const percent = rendition ? savedPercent(sourceSize(this.#item), rendition.size) : null;
    this.#parts.badge.hidden = !(percent > 0);
    if (percent > 0) setText(this.#parts.badge, `−${percent}\u00a0%`);
  }

  #updateFacts() {
    const { state, image } = this.#item;
    const wanted = state === 'ready' || this.#measured !== null;
    const version = state === 'ready' ? image?.source?.etag : '';
    const shown = wanted ? `${version} ${this.#measured !== null}` : '';
    if (shown === this.#factsShown) return;
    this.#factsShown = shown;
    if (!wanted) return this.#parts.facts.replaceChildren();
    const facts = makeFacts(this.#item, {
      sourceBytes: sourceSize(this.#item),
      measured: this.#measured,
      pictureUrl: this.#actions.pictureUrl,
    });
    this.#parts.facts.replaceChildren(...[facts, makePrivacyNote(this.#item)].filter(Boolean));
  }

  // The store is another origin and shows pictures inline, so a plain download link would open
  // them: the bytes are fetched and saved here, and opening is what is left where that fails.
  async #download(event) {
    event.preventDefault();
    const { href } = this.#parts.download;
    try {
      const response = await fetch(href);
      if (!response.ok) throw new Error(`The store answered ${response.status}.`);
      const url = URL.createObjectURL(await response.blob());
      make('a', { href: url, download: downloadName(this.#item, this.#first()) }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch {
      window.open(href, '_blank', 'noopener');
    }
  }

  async #copy() {
    const copied = await copyText(this.#actions.pictureUrl(this.#item.filename));
    const label = this.#parts.copy.querySelector('span');
    setText(label, copied ? 'Copied' : 'Copy failed');
    this.#parts.copy.classList.toggle('is-done', copied);
    this.#actions.announce(copied ? 'Link copied.' : 'The link could not be copied.');
    setTimeout(() => {
      setText(label, 'Copy link');
      this.#parts.copy.classList.remove('is-done');
    }, kCopiedMs);
  }
}

export function sourceSize(item) {
  return item.image?.source?.size ?? item.size;
}

// One sentence, for eyes and ears alike.
export function statusOf(item) {
  const { state, size, progress, message } = item;
  if (state === 'waiting') return `Waiting · ${formatBytes(size)}`;
  if (state === 'uploading') {
    return `Uploading ${Math.floor(progress * 100)}\u00a0% of ${formatBytes(size)}`;
  }
  if (state === 'processing') return item.restored ? 'Asking the server…' : 'Resizing…';
  if (state !== 'ready') return message;
  const rendition = item.image?.renditions?.[0];
  if (!rendition) return 'Ready.';
  const before = sourceSize(item);
  const took = formatDuration(item.image.timings_ms?.total);
  const saving = `${formatBytes(before)} → ${formatBytes(rendition.size)}, ` +
    formatSaving(before, rendition.size);
  return took ? `${saving} · ${took}` : saving;
}

// "resized-cat.jpg" for a WebP becomes "resized-cat.webp": what is saved opens by its extension.
function downloadName(item, rendition) {
  const name = baseName(rendition?.key ?? item.name);
  const truth = { jpeg: 'jpg', svg: 'svg' }[rendition?.format] ?? rendition?.format ?? '';
  const extension = extensionOf(name);
  const same = extension === truth || (truth === 'jpg' && extension === 'jpeg');
  if (!truth || same) return name;
  return `${extension ? name.slice(0, -extension.length - 1) : name}.${truth}`;
}

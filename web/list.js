// list: the cards in order, the line of totals above them, and what a screen reader hears.

import { Card, sourceSize, statusOf } from './card.js';
import { setText } from './dom.js';
import { baseName, counted, formatBytes, formatSaving } from './format.js';

const kMilestone = 25; // Percent of the whole batch between two announcements.

export class List {
  #uploads;
  #parts; // {root, section, cards, summary, overall, clear, picker}
  #announce;
  #pictureUrl;
  #cards = new Map();
  #milestone = 0;

  constructor({ uploads, parts, announce, pictureUrl }) {
    this.#uploads = uploads;
    this.#parts = parts;
    this.#announce = announce;
    this.#pictureUrl = pictureUrl;
    uploads.addEventListener('list', ({ detail }) => this.#listChanged(detail.added));
    uploads.addEventListener('change', ({ detail }) => this.#itemChanged(detail));
    parts.clear.addEventListener('click', () => {
      uploads.clear();
      announce('The list is empty.');
      parts.picker.focus();
    });
    this.#listChanged([]);
  }

  #listChanged(added) {
    const { items } = this.#uploads;
    const wanted = new Set(items);
    for (const [item, card] of this.#cards) {
      if (wanted.has(item)) continue;
      card.close();
      this.#cards.delete(item);
    }
    for (const item of items) {
      if (!this.#cards.has(item)) this.#cards.set(item, this.#makeCard(item));
    }
    this.#place(items.map((item) => this.#cards.get(item).element));
    this.#updateSummary();
    this.#announceAdded(added);
  }

  // Only what is out of place moves: moving an element drops its focus.
  #place(elements) {
    const { root, section, cards } = this.#parts;
    elements.forEach((element, index) => {
      if (cards.children[index] !== element) cards.insertBefore(element, cards.children[index]);
    });
    cards.dataset.count = elements.length > 2 ? 'many' : `${elements.length}`;
    root.classList.toggle('has-items', elements.length > 0);
    section.hidden = elements.length === 0;
  }

  #makeCard(item) {
    return new Card(item, {
      pictureUrl: this.#pictureUrl,
      announce: this.#announce,
      retry: () => this.#uploads.retry(item),
      remove: () => this.#remove(item),
    });
  }

  #remove(item) {
    const index = this.#uploads.items.indexOf(item);
    this.#uploads.remove(item);
    const next = this.#uploads.items[Math.min(index, this.#uploads.items.length - 1)];
    this.#announce(`${baseName(item.name)} removed from the list.`);
    if (next) this.#cards.get(next).focus();
    else this.#parts.picker.focus();
  }

  #itemChanged({ item, before }) {
    this.#cards.get(item)?.update();
    this.#updateSummary();
    if (item.state !== before) this.#announceState(item);
  }

  #updateSummary() {
    const { items } = this.#uploads;
    const { root, summary, overall } = this.#parts;
    const sending = items.filter(({ state }) => state === 'waiting' || state === 'uploading');
    setText(summary, summaryOf(items, sending.length));
    overall.hidden = sending.length === 0;
    const isWorking = ({ state }) => state === 'uploading' || state === 'processing';
    root.classList.toggle('is-working', items.some(isWorking));
    if (sending.length === 0) {
      this.#milestone = 0;
      return;
    }
    const batch = items.filter(({ file, state }) => file && state !== 'refused');
    const total = batch.reduce((sum, { size }) => sum + size, 0);
    const sent = batch.reduce((sum, item) => sum + item.size * sentShare(item), 0);
    overall.value = total > 0 ? sent / total : 0;
    this.#announceMilestone(Math.floor((overall.value * 100) / kMilestone) * kMilestone);
  }

  #announceMilestone(percent) {
    if (percent > this.#milestone && percent < 100) this.#announce(`${percent} % uploaded.`);
    this.#milestone = Math.max(percent, this.#milestone);
  }

  #announceAdded(added) {
    const refused = added.filter(({ state }) => state === 'refused');
    const taken = added.length - refused.length;
    if (taken > 0) this.#announce(`Uploading ${counted(taken, 'picture')}.`);
    for (const item of refused) this.#announce(item.message);
  }

  #announceState(item) {
    const name = baseName(item.name);
    if (item.state === 'ready' && !item.restored) {
      this.#announce(`${name} is ready: ${statusOf(item).replace('→', 'to')}.`);
    } else if (item.state === 'failed' || item.state === 'gone') {
      this.#announce(`${name}: ${item.message}`);
    }
  }
}

function sentShare({ state, progress }) {
  if (state === 'waiting') return 0;
  return state === 'uploading' ? progress : 1;
}

// "12 pictures · 3 to upload · 38 MB → 2.1 MB, 94 % smaller"
function summaryOf(items, sendingCount) {
  const parts = [counted(items.length, 'picture')];
  if (sendingCount > 0) parts.push(`${sendingCount} to upload`);
  const ready = items.filter(({ state, image }) => state === 'ready' && image?.renditions?.[0]);
  if (ready.length > 1) {
    const before = ready.reduce((sum, item) => sum + sourceSize(item), 0);
    const after = ready.reduce((sum, { image }) => sum + image.renditions[0].size, 0);
    parts.push(`${formatBytes(before)} → ${formatBytes(after)}, ${formatSaving(before, after)}`);
  }
  return parts.join(' · ');
}

// invocations: the last of them, the newest first; each opens to its ids and its log. New ones come
// in above, and none is built twice, so that what is open stays open.

import { make } from '../dom.js';
import { formatDuration } from '../format.js';
import { makeIds, makeLog } from './logs.js';
import { formatClock, pictureOf, shortName } from './words.js';

const kRowsMax = 200;
const kFilters = [
  ['All', () => true],
  ['Processor', ({ function: name }) => shortName(name) === 'Processor'],
  ['API', ({ function: name }) => shortName(name) === 'API'],
  ['Failed', (entry) => entry.error_type !== '' || entry.has_failed_picture],
];

function outcomeOf(entry) {
  if (entry.error_type) {
    return [entry.attempt > 1 ? `attempt ${entry.attempt} failed` : 'failed', true];
  }
  if (entry.has_failed_picture) return ['picture failed', true];
  return [entry.attempt > 1 ? `done, attempt ${entry.attempt}` : 'done', false];
}

function makeRow(entry) {
  const [outcome, isBad] = outcomeOf(entry);
  const name = pictureOf(entry) || entry.what || shortName(entry.function);
  const of = entry.function === 'webhook' ? 'webhook'
    : entry.key ? entry.what.replace('Object', '').replace(':', ' ') : '';
  const more = make('div', { class: 'run-more' });
  const details = make('details', { class: 'run' },
    make('summary', {},
      make('time', { dateTime: new Date(entry.ended_ms).toISOString() },
        formatClock(entry.ended_ms)),
      make('span', { class: 'run-what', title: name }, name,
        of ? make('span', { class: 'of' }, ` · ${of}`) : null),
      make('span', { class: `pill${isBad ? ' is-bad' : ''}` }, outcome),
      make('span', { class: 'took' }, formatDuration(entry.duration_ms))),
    more);
  details.addEventListener('toggle', () => {
    if (!details.open || more.childElementCount > 0) return;
    const { log, load } = makeLog(entry);
    more.append(makeIds(entry), log);
    load();
  });
  return { entry, element: make('li', {}, details) };
}

export class Invocations {
  #list;
  #empty;
  #rows = []; // The newest first.
  #filter = 0;
  #buttons;

  constructor({ list, empty, filter }) {
    this.#list = list;
    this.#empty = empty;
    this.#buttons = kFilters.map(([label], index) => make('button', {
      type: 'button', 'aria-pressed': String(index === 0), onclick: () => this.#choose(index),
    }, label));
    filter.append(...this.#buttons);
    this.#show();
  }

  // `fresh`: those that are new, the newest first.
  update(fresh, isReset) {
    if (isReset) {
      for (const { element } of this.#rows) element.remove();
      this.#rows = [];
    }
    const rows = fresh.map(makeRow);
    this.#list.prepend(...rows.map(({ element }) => element));
    this.#rows = [...rows, ...this.#rows];
    for (const { element } of this.#rows.splice(kRowsMax)) element.remove();
    this.#show();
  }

  #choose(index) {
    this.#filter = index;
    this.#buttons.forEach((button, at) => button.setAttribute('aria-pressed', at === index));
    this.#show();
  }

  #show() {
    const shows = kFilters[this.#filter][1];
    let count = 0;
    for (const { entry, element } of this.#rows) {
      element.hidden = !shows(entry);
      if (!element.hidden) count += 1;
    }
    this.#list.hidden = count === 0;
    this.#empty.hidden = count > 0;
    this.#empty.textContent = this.#rows.length === 0
      ? 'Nothing has run since the server started. Upload a picture, and it shows here.'
      : 'None of the last ones.';
  }
}

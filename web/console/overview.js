// overview: the numbers on top, and the functions' table.

import { make, setText } from '../dom.js';
import { formatAge, formatCount } from './words.js';

// A tile: → [number, note, whether it is bad].
const kTiles = [
  ['Waiting', (state) => {
    const waiting = state.queued('waiting');
    if (waiting === null) return ['?', 'the queue cannot be read', true];
    const oldest = state.oldestMs();
    const low = state.queued('low');
    const note = oldest !== null ? `the oldest for ${formatAge(oldest)}` : 'nothing to do';
    return [formatCount(waiting), low > 0 ? `${formatCount(low)} at low priority` : note];
  }],
  ['Running', (state) => [formatCount(state.sum('busy')),
    `of ${formatCount(state.sum('instances'))} instances`]],
  ['Done', (state) => [formatCount(state.sum('invocations')), 'since the start']],
  ['Errors', (state) => {
    const retries = state.sum('retries');
    const errors = state.sum('errors');
    return [formatCount(errors), retries > 0 ? `${formatCount(retries)} tried again` : 'of functions',
      errors > 0];
  }],
  ['Dead letters', (state) => {
    const dead = state.queued('dead');
    return [dead === null ? '?' : formatCount(dead), dead > 0 ? 'wait for you' : 'none', dead > 0];
  }],
  ['S3 requests', (state) => [formatCount(state.s3.requests),
    state.s3.errors > 0 ? `${formatCount(state.s3.errors)} failed` : 'since the start',
    state.s3.errors > 0]],
];

const kColumns = [
  ['Instances', ({ instances }) => instances],
  ['At work', ({ busy }) => busy],
  ['Callers waiting', (one) => one.callers_waiting],
  ['Events waiting', ({ queue }) => queue?.waiting ?? '?'],
  ['Invocations', ({ invocations }) => invocations],
  ['Errors', ({ errors }) => errors, true],
  ['Throttled', ({ throttles }) => throttles, true],
  ['Cold starts', (one) => one.cold_starts],
];

export class Overview {
  #tiles = [];
  #body;

  constructor({ tiles, table }) {
    for (const [label] of kTiles) {
      const number = make('dd', { class: 'tile-number' }, '–');
      const note = make('dd', { class: 'tile-note' });
      const element = make('div', { class: 'tile-of' }, make('dt', {}, label), number, note);
      this.#tiles.push({ element, number, note });
      tiles.append(element);
    }
    const heads = ['Function', ...kColumns.map(([label]) => label)]
      .map((label) => make('th', { scope: 'col' }, label));
    this.#body = make('tbody');
    table.append(make('thead', {}, make('tr', {}, ...heads)), this.#body);
  }

  update(state) {
    kTiles.forEach(([, tell], index) => {
      const { element, number, note } = this.#tiles[index];
      const [text, more, isBad = false] = tell(state);
      setText(number, text);
      setText(note, more);
      element.classList.toggle('is-bad', isBad);
    });
    this.#body.replaceChildren(...state.functions.map((one) => make('tr', {},
      make('th', { scope: 'row' }, one.name),
      ...kColumns.map(([, tell, isTrouble]) => {
        const value = tell(one);
        return make('td', { class: isTrouble && value > 0 ? 'is-bad' : '' },
          typeof value === 'number' ? formatCount(value) : value);
      }))));
  }
}

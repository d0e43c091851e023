// logs: the lines of one request, and its ids.

import { make } from '../dom.js';
import { get } from './calls.js';

function lineOf(text) {
  const isBad = /"level":"(ERROR|WARN)"|Status: (error|timeout)|^Task timed out/.test(text);
  const isPlain = /^(START|END|REPORT|INIT_)/.test(text);
  return make('span', { class: isBad ? 'is-bad' : isPlain ? 'is-plain' : '' }, `${text}\n`);
}

export function makeIds(entry) {
  const rows = [['Request', entry.request_id], ['Trace', entry.trace_id],
    ['Function', entry.function]];
  if (entry.key) rows.push(['Object', entry.key]);
  if (entry.error_type) rows.push(['Error', entry.error_type]);
  return make('dl', { class: 'ids' }, ...rows.filter(([, value]) => value)
    .flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

// Fills once it is asked to: a log is read from disk.
export function makeLog(entry) {
  const log = make('pre', { class: 'log', tabIndex: 0, 'aria-label': 'Log' }, 'Reading…');
  const load = async () => {
    const query = new URLSearchParams({ function: entry.function, request_id: entry.request_id });
    try {
      const { lines } = await get(`log?${query}`);
      log.replaceChildren(...(lines.length > 0 ? lines.map(lineOf)
        : ['Nothing is left of it: logs turn over at 16 MB.']));
    } catch (error) {
      log.replaceChildren(error.message);
    }
  };
  return { log, load };
}

// state: what the server has told so far, put together.

const kEntriesMax = 200;
const kSpansMax = 300;

export class State {
  functions = [];
  s3 = { requests: 0, errors: 0 };
  entries = []; // The newest first.
  failures = []; // The newest first.
  timeMs = 0; // The server's.
  #spans = new Map(); // By function: start → [start, count, errors, sum, longest].

  // → what of it changed besides the numbers: {entries: those that are new, failures: whether}.
  take(document) {
    if (document.reset) {
      this.entries = [];
      this.#spans.clear();
    }
    this.functions = document.functions;
    this.timeMs = document.time_ms;
    if (document.s3) this.s3 = document.s3;
    for (const { name, spans } of document.functions) this.#takeSpans(name, spans);
    const fresh = document.entries.toReversed();
    this.entries = [...fresh, ...this.entries].slice(0, kEntriesMax);
    if (document.failures) this.failures = document.failures.toReversed();
    return { entries: fresh, failures: Boolean(document.failures) };
  }

  #takeSpans(name, spans) {
    const known = this.#spans.get(name) ?? new Map();
    for (const span of spans) known.set(span[0], span);
    while (known.size > kSpansMax) known.delete(known.keys().next().value);
    this.#spans.set(name, known);
  }

  spansOf(name) {
    return this.#spans.get(name) ?? new Map();
  }

  sum(field) {
    return this.functions.reduce((sum, one) => sum + one[field], 0);
  }

  // null where the queue cannot be read.
  queued(field) {
    if (this.functions.some(({ queue }) => queue === null)) return null;
    return this.functions.reduce((sum, { queue }) => sum + queue[field], 0);
  }

  oldestMs() {
    const times = this.functions.map(({ queue }) => queue?.oldest_ms ?? null)
      .filter((time) => time !== null);
    return times.length > 0 ? Math.max(0, this.timeMs - Math.min(...times)) : null;
  }
}

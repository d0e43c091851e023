// live: the stream of states, and whether it can be trusted. The browser reconnects by itself where
// a connection breaks; here a silent one is noticed too, and one that was refused is tried again.

import { get } from './calls.js';

const kSilenceMs = 25_000; // The server says something every ten seconds.
const kRetryMs = 3_000;

// onState(document); onLink('connecting' | 'live' | 'lost' | 'ended'): ended is for good.
export class Live {
  #onState;
  #onLink;
  #source = null;
  #timer = null;

  constructor({ onState, onLink }) {
    this.#onState = onState;
    this.#onLink = onLink;
  }

  open() {
    this.close();
    this.#source = new EventSource('/console/api/live');
    this.#source.addEventListener('state', ({ data }) => {
      this.#heard();
      this.#onState(JSON.parse(data));
    });
    this.#source.addEventListener('beat', () => this.#heard());
    this.#source.addEventListener('error', () => this.#broken());
    this.#expect(kSilenceMs);
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #heard() {
    this.#onLink('live');
    this.#expect(kSilenceMs);
  }

  #expect(withinMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#onLink('lost');
      this.open();
    }, withinMs);
  }

  // A broken connection is the browser's to mend; a refusal (401, 503, another page) is told by
  // asking for something else.
  async #broken() {
    this.#onLink('lost');
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    try {
      await get('settings');
    } catch ({ status }) {
      if (status === 401 || status === 403) {
        this.close();
        this.#onLink('ended');
        return;
      }
    }
    this.#expect(kRetryMs);
  }
}

// token: asks for the upload token where the server wants one, and keeps it as long as the tab.

import { loadToken, saveToken } from './storage.js';

export class Token {
  #value;
  #parts; // {form, input, note}
  #onChange;

  // onChange(ready) is called at once and whenever uploads become possible or not.
  constructor({ required, parts, onChange }) {
    this.#value = loadToken();
    this.#parts = parts;
    this.#onChange = onChange;
    parts.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#set(parts.input.value.trim());
    });
    if (required) this.#show();
    onChange(!required || this.#value !== '');
  }

  get value() {
    return this.#value;
  }

  // The server did not take it (or turned out to want one).
  refuse() {
    saveToken('');
    this.#value = '';
    this.#show('The server did not accept the token. Uploads wait for another one.');
    this.#onChange(false);
  }

  #set(token) {
    this.#value = token;
    saveToken(token);
    this.#show();
    this.#onChange(token !== '');
  }

  #show(note = '') {
    this.#parts.form.hidden = false;
    const missing =
      'This server takes uploads only with its token. It is kept until you close the tab.';
    const known = 'The token is set for this tab.';
    this.#parts.note.classList.toggle('is-refused', note !== '');
    this.#parts.note.textContent = note || (this.#value ? known : missing);
    this.#parts.input.value = this.#value;
  }
}

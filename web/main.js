// main: wires the page together. Everything else is told what it needs.

import { makeAnnouncer } from './announce.js';
import { Api } from './api.js';
import { loadConfig } from './config.js';
import { listenForFiles, refusalOf } from './intake.js';
import { List } from './list.js';
import { showSnippets } from './snippets.js';
import { loadEntries, saveEntries } from './storage.js';
import { Token } from './token.js';
import { Uploads } from './uploads.js';

const byId = (id) => document.getElementById(id);

async function start() {
  const config = await loadConfig();
  const announce = makeAnnouncer(byId('announcements'));
  let token = null;
  const api = new Api({
    base: config.api,
    uploadBytesMax: config.upload_bytes_max,
    token: () => token.value,
  });
  const uploads = new Uploads(api);
  token = new Token({
    required: config.token_required,
    parts: { form: byId('token'), input: byId('token-input'), note: byId('token-note') },
    onChange: (ready) => {
      uploads.pause(!ready);
      if (ready) uploads.retryUnauthorized();
    },
  });
  const list = showList(uploads, api, announce);
  keepList(uploads, token);
  listenForFiles({
    picker: byId('picker'),
    root: document.documentElement,
    onFiles: (files) => uploads.add(files.map((file) => ({
      file, refusal: refusalOf(file, { sourceBytesMax: config.source_bytes_max }),
    }))),
  });
  uploads.restore(loadEntries());
  showSnippets(byId('snippets'), config, announce);
  byId('api-description').href = `${config.api}/openapi.json`;
  byId('version').textContent = config.version;
  document.documentElement.dataset.started = 'true';
  return list;
}

function showList(uploads, api, announce) {
  return new List({
    uploads,
    announce,
    pictureUrl: (filename, rendition) => api.pictureUrl(filename, rendition),
    parts: {
      root: document.documentElement,
      section: byId('pictures'),
      cards: byId('cards'),
      summary: byId('summary'),
      overall: byId('overall'),
      clear: byId('clear'),
      picker: byId('picker'),
    },
  });
}

function keepList(uploads, token) {
  const save = () => saveEntries(uploads.items);
  uploads.addEventListener('list', save);
  uploads.addEventListener('change', ({ detail: { item, before } }) => {
    if (item.state === before) return;
    save();
    if (item.state === 'failed' && item.status === 401) token.refuse();
  });
}

start().catch((error) => {
  const trouble = byId('trouble');
  trouble.hidden = false;
  trouble.textContent = `The page could not start: ${error.message}`;
});

// snippets: the same thing from code, with this server's own addresses.

import { absoluteApi } from './config.js';
import { copyText, kIcons, make, makeIcon, setText } from './dom.js';

const kCopiedMs = 2000;

export function showSnippets(parent, config, announce) {
  parent.replaceChildren(...snippetsFor(config).map((snippet) => makeSnippet(snippet, announce)));
}

function snippetsFor(config) {
  const api = absoluteApi(config);
  const token = config.token_required ? '-H "Authorization: Bearer $TOKEN" ' : '';
  const snippets = [
    {
      title: 'Upload with curl',
      note: 'The answer names the picture; ask for it by that name.',
      code: `curl ${token}-F file=@photo.jpg ${api}/upload`,
    },
    {
      title: 'Wait for it, then fetch it',
      note: 'The first says when it is ready, the second saves the result.',
      code: `curl "${api}/image/photo.jpg?wait=20"\n` +
        `curl -L -o small.jpg "${api}/image/photo.jpg?redirect"`,
    },
  ];
  const store = storeUrl(config);
  const endpoint = store ? `--endpoint-url ${store} ` : '';
  snippets.push({
    title: 'Upload with the AWS CLI',
    note: 'Any S3 client does: an object in the source bucket is an upload.',
    code: `aws ${endpoint}s3 cp photo.jpg s3://${config.source_bucket}/`,
  });
  return snippets;
}

// On one machine the store has an address of its own; on AWS the CLI knows it.
function storeUrl(config) {
  if (config.s3_url) return config.s3_url;
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  return loopback ? `${location.protocol}//${location.hostname}:9000` : '';
}

function makeSnippet({ title, note, code }, announce) {
  const label = make('span', {}, 'Copy');
  const copy = make('button', {
    type: 'button', class: 'button is-small', 'aria-label': `Copy: ${title}`,
    onclick: async () => {
      const copied = await copyText(code);
      setText(label, copied ? 'Copied' : 'Copy failed');
      announce(copied ? 'Copied.' : 'That could not be copied.');
      setTimeout(() => setText(label, 'Copy'), kCopiedMs);
    },
  }, makeIcon(kIcons.copy), label);
  return make('div', { class: 'snippet' },
    make('div', { class: 'snippet-head' }, make('h3', {}, title), copy),
    // A long line scrolls inside its box, and the keyboard must be able to scroll it.
    make('pre', { tabIndex: 0, role: 'group', 'aria-label': title }, make('code', {}, code)),
    make('p', { class: 'snippet-note' }, note));
}

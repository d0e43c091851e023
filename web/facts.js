// facts: the small table of a picture: the original, then every rendition there is.

import { make } from './dom.js';
import { extensionOf, formatBytes, formatDimensions, formatName } from './format.js';

const kColumns = ['Version', 'Format', 'Dimensions', 'Size'];

// `measured` is the size the browser found, for as long as the server has not said.
export function makeFacts(item, { sourceBytes, measured, pictureUrl }) {
  const metadata = item.image?.metadata;
  const rows = [makeRow('Original', {
    format: metadata?.format ?? extensionOf(item.name),
    width: metadata?.width ?? measured?.width,
    height: metadata?.height ?? measured?.height,
    size: sourceBytes,
  })];
  for (const rendition of item.image?.renditions ?? []) {
    const href = pictureUrl(item.filename, rendition.name);
    const link = make('a', {
      href, target: '_blank', rel: 'noopener',
      'aria-label': `Open ${rendition.name} of ${item.name}`,
    }, rendition.name);
    rows.push(makeRow(link, rendition));
  }
  return make('table', {},
    make('caption', { class: 'visually-hidden' }, `Formats and sizes of ${item.name}`),
    make('thead', { class: 'visually-hidden' }, make('tr', {}, ...kColumns.map(
      (text) => make('th', { scope: 'col' }, text)))),
    make('tbody', {}, ...rows));
}

const kTraces = {
  location: 'where it was taken', serial_number: 'the serial number of the camera',
  camera: 'the camera', author: 'who took it', time: 'when it was taken',
  description: 'its description', thumbnail: 'the camera’s thumbnail',
};

// What the original says of people and places and the results do not; nothing where it is silent.
export function makePrivacyNote(item) {
  const traces = (item.image?.stripped ?? []).map((trace) => kTraces[trace] ?? trace);
  if (traces.length === 0) return null;
  const last = traces.pop();
  const list = traces.length > 0 ? `${traces.join(', ')} and ${last}` : last;
  return make('p', { class: 'privacy' }, `Left out of the result: ${list}.`);
}

function makeRow(heading, { format, width, height, size }) {
  return make('tr', {},
    make('th', { scope: 'row' }, heading),
    make('td', {}, formatName(format)),
    make('td', {}, formatDimensions(width, height)),
    make('td', { class: 'is-number' }, formatBytes(size)));
}

// facts: the small table of a ready picture: the original, then every rendition.

import { make } from './dom.js';
import { extensionOf, formatBytes, formatDimensions, formatName } from './format.js';

export function makeFacts(item, sourceBytes, pictureUrl) {
  const { metadata, renditions = [] } = item.image;
  const rows = [makeRow('Original', {
    format: metadata?.format ?? extensionOf(item.name),
    width: metadata?.width,
    height: metadata?.height,
    size: sourceBytes,
  })];
  for (const rendition of renditions) {
    const href = pictureUrl(item.filename, rendition.name);
    const link = make('a', {
      href, target: '_blank', rel: 'noopener',
      'aria-label': `Open ${rendition.name} of ${item.name}`,
    }, rendition.name);
    rows.push(makeRow(link, rendition));
  }
  return make('table', {},
    make('caption', { class: 'visually-hidden' }, `Formats and sizes of ${item.name}`),
    make('thead', { class: 'visually-hidden' }, make('tr', {},
      ...['Version', 'Format', 'Dimensions', 'Size'].map((text) => make('th', { scope: 'col' }, text)))),
    make('tbody', {}, ...rows));
}

function makeRow(heading, { format, width, height, size }) {
  return make('tr', {},
    make('th', { scope: 'row' }, heading),
    make('td', {}, formatName(format)),
    make('td', {}, formatDimensions(width, height)),
    make('td', { class: 'is-number' }, formatBytes(size)));
}

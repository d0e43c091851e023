// compare: before and after in one frame, with a divider that a mouse, a finger and the arrow keys
// move. For two pictures of one shape; side by side is for the rest.

import { make } from './dom.js';

const kStart = 50;

// `before` and `after` are img elements; `name` says of what.
export function makeCompare({ before, after, name }) {
  const slider = make('input', {
    type: 'range', class: 'compare-slider', min: '0', max: '100', step: '2', value: `${kStart}`,
    'aria-label': `Compare before and after of ${name}`,
  });
  const frame = make('div', { class: 'compare' },
    make('div', { class: 'compare-side is-before' }, before, makeTag('Before')),
    make('div', { class: 'compare-side is-after' }, after, makeTag('After')),
    slider,
    make('div', { class: 'compare-divider', 'aria-hidden': 'true' }));
  const show = () => {
    const { value } = slider;
    frame.style.setProperty('--split', `${value}%`);
    slider.setAttribute('aria-valuetext', `${value} % before, ${100 - value} % after`);
  };
  slider.addEventListener('input', show);
  show();
  return frame;
}

export function makeSideBySide({ before, after }) {
  return make('div', { class: 'side-by-side' },
    make('div', { class: 'side' }, before, makeTag('Before')),
    make('div', { class: 'side' }, after, makeTag('After')));
}

export function makeSingle({ picture, tag }) {
  return make('div', { class: 'single' }, picture, tag ? makeTag(tag) : null);
}

// One slider over two shapes would compare different places of the picture. A rounded pixel in a
// small rendition shifts the ratio by under 2 %.
export function sameShape(one, other) {
  if (!(one.width > 0 && one.height > 0 && other.width > 0 && other.height > 0)) return false;
  const quotient = (one.width / one.height) / (other.width / other.height);
  return Math.abs(quotient - 1) < 0.02;
}

function makeTag(text) {
  return make('span', { class: 'tag', 'aria-hidden': 'true' }, text);
}

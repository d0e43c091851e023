// media: the pictures of one card: the local file while it is on its way, before and after when
// ready, and what a browser can show where it cannot show the file.

import { makeCompare, makeSideBySide, makeSingle, sameShape } from './compare.js';
import { make } from './dom.js';
import { extensionOf, formatName } from './format.js';
import { makeThumbhashCanvas } from './thumbhash.js';

export class Media {
  element = make('div', { class: 'media' });
  #item;
  #pictureUrl;
  #localUrl = '';
  #before = null; // The img of the local file; null without one, or where it cannot be shown.
  #shown = '';
  #onMeasured;

  // onMeasured({width, height}) says what the browser made of the local file.
  constructor(item, { pictureUrl, onMeasured }) {
    this.#item = item;
    this.#pictureUrl = pictureUrl;
    this.#onMeasured = onMeasured;
    if (item.file && item.state !== 'refused') this.#openLocal();
  }

  // Cheap to call at every change: the pictures are only touched when they must be others.
  update() {
    const { state, image } = this.#item;
    const rendition = state === 'ready' ? image?.renditions?.[0] : null;
    const shown = rendition
      ? `ready ${image.source?.etag} ${rendition.key}`
      : `local ${this.#before !== null}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (rendition) this.#showReady(image, rendition);
    else this.#showLocal();
  }

  close() {
    if (this.#localUrl) URL.revokeObjectURL(this.#localUrl);
  }

  #openLocal() {
    this.#localUrl = URL.createObjectURL(this.#item.file);
    const picture = make('img', {
      src: this.#localUrl, alt: `${this.#item.name}, before`, decoding: 'async', loading: 'lazy',
      draggable: false,
    });
    picture.addEventListener('load', () => {
      this.#setRatio(picture.naturalWidth, picture.naturalHeight);
      this.#onMeasured({ width: picture.naturalWidth, height: picture.naturalHeight });
    });
    picture.addEventListener('error', () => {
      // A TIFF or HEIC, or no picture at all; the server may know better.
      this.#before = null;
      this.#shown = '';
      this.update();
    });
    this.#before = picture;
  }

  #showLocal() {
    if (this.#before) {
      this.element.replaceChildren(makeSingle({ picture: this.#before, tag: '' }));
    } else {
      const label = extensionOf(this.#item.name).slice(0, 5).toUpperCase() || 'FILE';
      this.element.replaceChildren(
        make('div', { class: 'tile', 'aria-hidden': 'true' }, make('span', {}, label)));
    }
  }

  #showReady(image, rendition) {
    const after = this.#makeAfter(rendition);
    this.#setRatio(rendition.width, rendition.height);
    const content = this.#before ? this.#compare(after, rendition) : null;
    this.element.replaceChildren(...[
      makePlaceholder(image.placeholder, after),
      content ?? makeSingle({ picture: after, tag: 'After' }),
    ].filter(Boolean));
  }

  #compare(after, rendition) {
    const before = this.#before;
    const size = { width: before.naturalWidth, height: before.naturalHeight };
    // Not yet decoded: the shape the server measured is as good.
    if (!before.complete || size.width === 0) Object.assign(size, displaySize(this.#item.image));
    const pair = { before, after, name: this.#item.name };
    if (sameShape(size, rendition)) return makeCompare(pair);
    this.#setRatio(size.width / size.height + rendition.width / rendition.height, 1);
    return makeSideBySide(pair);
  }

  #makeAfter(rendition) {
    const picture = make('img', {
      alt: `${this.#item.name}, after`, decoding: 'async', loading: 'lazy', draggable: false,
      class: 'is-loading',
    });
    picture.addEventListener('load', () => whenPainted(picture, () => {
      picture.classList.remove('is-loading');
    }));
    picture.addEventListener('error', () => {
      const format = formatName(rendition.format);
      this.element.replaceChildren(make('p', { class: 'media-note' },
        `The ${format} picture cannot be shown here; downloading it may work.`));
    });
    picture.src = this.#pictureUrl(this.#item.filename, rendition.name);
    return picture;
  }

  #setRatio(width, height) {
    if (!(width > 0 && height > 0)) return;
    const ratio = width / height;
    // A panorama or a long screenshot would make a card that is all frame.
    this.element.style.setProperty('--ratio', Math.min(Math.max(ratio, 0.8), 2.2).toFixed(4));
    // Near the frame's own 3:2, a trimmed edge looks better than a thin bar.
    this.element.classList.toggle('is-filled', ratio > 1.3 && ratio < 1.8);
  }
}

// What the server measured; the metadata's sides are as displayed, after EXIF orientation.
function displaySize(image) {
  return { width: image?.metadata?.width ?? 0, height: image?.metadata?.height ?? 0 };
}

function makePlaceholder(placeholder, picture) {
  if (!placeholder) return null;
  const canvas = placeholder.thumbhash ? makeThumbhashCanvas(placeholder.thumbhash) : null;
  const element = make('div', { class: 'placeholder', 'aria-hidden': 'true' }, canvas);
  if (/^#[0-9a-f]{6}$/i.test(placeholder.color ?? '')) {
    element.style.setProperty('background-color', placeholder.color);
  }
  picture.addEventListener('load', () => whenPainted(picture, () => element.remove()));
  return element;
}

// Loaded is not yet decoded; in between there would be nothing to see.
function whenPainted(picture, then) {
  picture.decode().then(then, then);
}

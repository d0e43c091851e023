// dom: elements without markup. Text only ever enters as text, so nothing a server or a file name
// says can become HTML.

// make('a', {class: 'link', href}, 'text', child): a property where the element has one, else an
// attribute; null and undefined are left out.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name === 'class') element.className = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const kSvg = 'http://www.w3.org/2000/svg';

// A 20 by 20 line icon from one path; decoration, so hidden from screen readers.
export function makeIcon(path) {
  const icon = document.createElementNS(kSvg, 'svg');
  icon.setAttribute('viewBox', '0 0 20 20');
  icon.setAttribute('class', 'icon');
  icon.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(kSvg, 'path');
  line.setAttribute('d', path);
  icon.append(line);
  return icon;
}

export const kIcons = {
  download: 'M10 3v10m0 0 4-4m-4 4-4-4M4 16.5h12',
  copy:
    'M7 7V5a2 2 0 0 1 2-2h6a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-2' +
    'M5 7h6a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2z',
  link:
    'M8.5 11.5a3 3 0 0 0 4.3 0l2.8-2.8a3 3 0 0 0-4.3-4.3l-.9.9' +
    'm1.1 3.2a3 3 0 0 0-4.3 0l-2.8 2.8a3 3 0 0 0 4.3 4.3l.9-.9',
  remove: 'm5.5 5.5 9 9m0-9-9 9',
  retry: 'M15.5 8.5A6 6 0 1 0 16 11m-.5-6.5v4h-4',
};

// Sets text only where it differs: live regions and selections stay quiet otherwise.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The clipboard needs https or localhost; the older way works on a plain http address too.
  }
  const focused = document.activeElement;
  const area = make('textarea', { value: text, readOnly: true, class: 'visually-hidden' });
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  focused?.focus();
  return copied;
}

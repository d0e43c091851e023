// accessibility: the checks a machine can make, by hand instead of by a library: names,
// alternatives, labels, ids, contrast, sizes of targets, and no sideways scrolling.

// → a sentence per fault; none is the aim.
export function faultsOf(page) {
  return page.evaluate(() => {
    const faults = [];
    const seen = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
    const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
    const what = (element) => `<${element.localName} class="${element.className}"> ` +
      element.textContent.trim().slice(0, 40);

    const textById = (ids) => ids.split(' ')
      .map((id) => document.getElementById(id)?.textContent.trim() ?? '').join(' ');
    const nameOf = (element) => (
      element.getAttribute('aria-label') ||
      textById(element.getAttribute('aria-labelledby') ?? '') ||
      [...(element.labels ?? [])].map((label) => label.textContent).join(' ') ||
      element.textContent).trim();

    for (const control of all('a[href], button, input, progress, textarea, [tabindex]')) {
      if (nameOf(control) === '') faults.push(`no name: ${what(control)}`);
    }
    for (const picture of all('img')) {
      if (!picture.hasAttribute('alt')) faults.push(`no alt: ${picture.src}`);
    }
    for (const target of all('button, a.button, .compare-slider')) {
      const { width, height } = target.getBoundingClientRect();
      if (Math.min(width, height) < 24) faults.push(`small target (WCAG 2.5.8): ${what(target)}`);
    }
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    for (const id of new Set(ids)) {
      if (ids.filter((other) => other === id).length > 1) faults.push(`id twice: ${id}`);
    }
    let level = 0;
    for (const heading of all('h1, h2, h3, h4')) {
      const next = Number(heading.localName[1]);
      if (level !== 0 && next > level + 1) faults.push(`heading skips a level: ${what(heading)}`);
      level = next;
    }
    if (!document.documentElement.lang) faults.push('the page has no lang');
    if (document.documentElement.scrollWidth > innerWidth) {
      faults.push(`scrolls sideways: ${document.documentElement.scrollWidth} of ${innerWidth} px`);
    }

    // WCAG 2.1, 1.4.3: the contrast of text with the first solid background behind it.
    const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (color) => {
      paint.clearRect(0, 0, 1, 1);
      paint.fillStyle = color;
      paint.fillRect(0, 0, 1, 1);
      return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (color) => {
      const [red, green, blue] = rgba(color).slice(0, 3).map((value) => {
        const share = value / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const backgroundOf = (element) => {
      for (let node = element; node; node = node.parentElement) {
        const color = getComputedStyle(node).backgroundColor;
        if (rgba(color)[3] === 255) return color;
      }
      return 'white';
    };
    for (const element of all('body *')) {
      const hasText = [...element.childNodes]
        .some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
      if (!hasText || element.closest('svg, .tag, .veil, .visually-hidden, .skip')) continue;
      const one = luminance(getComputedStyle(element).color);
      const other = luminance(backgroundOf(element));
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${what(element)}`);
    }
    return faults;
  });
}

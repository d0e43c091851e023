// format: numbers as people read them. Pure; sizes are decimal, as disks and browsers count them.

const kSpace = '\u00a0'; // Keeps a number and its unit on one line.

export function formatBytes(count) {
  if (!Number.isFinite(count) || count < 0) return 'unknown size';
  if (count < 1000) return `${Math.round(count)}${kSpace}B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let index = 0;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  // A kilobyte's tenth tells nobody anything; a megabyte's does.
  const digits = index === 0 ? (value < 9.95 ? 1 : 0) : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)}${kSpace}${units[index]}`;
}

// Negative where the picture grew. Never claims 100 % of something that still has bytes.
export function savedPercent(before, after) {
  if (!(before > 0) || !(after >= 0)) return null;
  const percent = (1 - after / before) * 100;
  if (percent > 99 && percent < 100) return 99;
  return Math.round(percent);
}

export function formatSaving(before, after) {
  const percent = savedPercent(before, after);
  if (percent === null) return '';
  if (percent === 0) return 'the same size';
  return `${Math.abs(percent)}${kSpace}% ${percent > 0 ? 'smaller' : 'larger'}`;
}

export function formatDimensions(width, height) {
  return width > 0 && height > 0 ? `${width}${kSpace}×${kSpace}${height}` : '';
}

const kFormatNames = { jpeg: 'JPEG', jpg: 'JPEG', webp: 'WebP', svg: 'SVG' };

export function formatName(format) {
  const key = String(format ?? '').toLowerCase();
  return kFormatNames[key] ?? key.toUpperCase();
}

export function formatDuration(milliseconds) {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return '';
  if (milliseconds < 1000) return `${Math.round(milliseconds)}${kSpace}ms`;
  return `${(milliseconds / 1000).toFixed(1)}${kSpace}s`;
}

export function counted(count, singular, plural = `${singular}s`) {
  return `${count} ${count === 1 ? singular : plural}`;
}

// "trips/rome/cat.jpg" → "cat.jpg"
export function baseName(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

// "cat.tar.JPG" → "jpg"; "" where there is none.
export function extensionOf(path) {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

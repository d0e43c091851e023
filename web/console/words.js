// words: times and names as the console says them. Pure.

const kSpace = '\u00a0';

// 4 s · 3 min · 2 h · 5 d
export function formatAge(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 90) return `${seconds}${kSpace}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes}${kSpace}min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours}${kSpace}h` : `${Math.round(hours / 24)}${kSpace}d`;
}

export function formatClock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString('en-GB');
}

export function formatCount(count) {
  return count.toLocaleString('en-US').replaceAll(',', '\u202f');
}

export function formatRate(perSecond) {
  if (perSecond === 0) return '0/s';
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
}

// The picture that an event or an invocation is about: of a message it is the one whose manifest
// began it, "manifests/cat.jpg/manifest.json" → "cat.jpg".
export function pictureOf({ function: name, key }) {
  return name === 'webhook' ? key?.replace(/^manifests\/(.+)\/manifest\.json$/, '$1') : key;
}

// "image-resize-processor" → "Processor", "image-upload-handler" → "API".
export function shortName(name) {
  const last = name.slice(name.lastIndexOf('-') + 1);
  return last === 'handler' ? 'API' : last.charAt(0).toUpperCase() + last.slice(1);
}

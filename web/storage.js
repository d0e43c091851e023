// storage: what outlives the page. The list of pictures (localStorage) and the upload token
// (sessionStorage: gone with the tab). A browser that refuses storage loses only the memory.

const kListKey = 'imagemill.list.1';
const kTokenKey = 'imagemill.token';
const kEntriesMax = 500;

// An entry: {filename, name, size, addedAt}. Its state is the server's to tell.
export function loadEntries() {
  try {
    const entries = JSON.parse(localStorage.getItem(kListKey) ?? '[]');
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

export function saveEntries(items) {
  const entries = items
    .filter((item) => item.filename)
    .slice(0, kEntriesMax)
    .map(({ filename, name, size, addedAt }) => ({ filename, name, size, addedAt }));
  try {
    localStorage.setItem(kListKey, JSON.stringify(entries));
  } catch {
    // Full, or forbidden: the list then lives as long as the page.
  }
}

function isEntry(entry) {
  return typeof entry?.filename === 'string' && entry.filename !== '';
}

export function loadToken() {
  try {
    return sessionStorage.getItem(kTokenKey) ?? '';
  } catch {
    return '';
  }
}

export function saveToken(token) {
  try {
    if (token) sessionStorage.setItem(kTokenKey, token);
    else sessionStorage.removeItem(kTokenKey);
  } catch {
    // Forbidden: the token then lives as long as the page.
  }
}

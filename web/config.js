// config: what the place that serves this page says about its API, from ./config.json.
//
// Shapes: {"api": base URL, "" = this origin, "upload_bytes_max", "token_required", "version"}, and
//         optionally "source_bytes_max" (no picture may be larger, whichever way it is sent),
//         "s3_url" and "source_bucket" (for the command-line examples).
// Errors: an unreadable config.json throws an Error whose message is a sentence.

const kDefaults = {
  api: '',
  upload_bytes_max: 50_000_000,
  token_required: false,
  version: '',
  source_bytes_max: null,
  s3_url: '',
  source_bucket: 'image-upload-source-bucket',
};

export async function loadConfig() {
  const response = await fetch('./config.json', { cache: 'no-cache' });
  if (!response.ok) {
    throw new Error(`config.json, which says where the API is, answered ${response.status}.`);
  }
  return readConfig(await response.json());
}

export function readConfig(document) {
  const config = { ...kDefaults };
  for (const [name, fallback] of Object.entries(kDefaults)) {
    const value = document?.[name];
    const wanted = fallback === null ? 'number' : typeof fallback;
    if (typeof value === wanted) config[name] = value;
  }
  config.api = config.api.replace(/\/+$/, '');
  return config;
}

// Where commands typed on another machine reach the API: always absolute.
export function absoluteApi(config) {
  return new URL(config.api || '/', location.href).href.replace(/\/+$/, '');
}

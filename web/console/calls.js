// calls: what the console asks the server for. A change carries the header that no other site's
// page can send.

export class CallError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export function get(call) {
  return send(call, {});
}

export function post(call, body) {
  return send(call, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Imagemill-Console': '1' },
    body: JSON.stringify(body),
  });
}

async function send(call, options) {
  let response;
  try {
    response = await fetch(`/console/api/${call}`, { cache: 'no-store', ...options });
  } catch {
    throw new CallError('The server does not answer.', 0);
  }
  const document = await response.json().catch(() => null);
  if (response.ok && document) return document;
  throw new CallError(document?.detail ?? `The server answered ${response.status}.`,
    response.status);
}

// fake_http: the little of HTTP that the fake API needs.

export async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function sendJson(response, status, document, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(document));
}

export function sendProblem(response, status, detail) {
  sendJson(response, status, { type: 'about:blank', title: 'Fake', status, detail }, {
    'Content-Type': 'application/problem+json',
  });
}

// → [{name, filename, bytes}]; what a browser sends, no more.
export function parseMultipart(body, contentType) {
  const boundary = Buffer.from(`--${/boundary=([^;]+)/.exec(contentType)?.[1]}`);
  const parts = [];
  let start = body.indexOf(boundary);
  while (start >= 0) {
    const next = body.indexOf(boundary, start + boundary.length);
    if (next < 0) break;
    parts.push(parsePart(body.subarray(start + boundary.length + 2, next - 2)));
    start = next;
  }
  return parts;
}

function parsePart(part) {
  const end = part.indexOf('\r\n\r\n');
  const head = part.subarray(0, end).toString();
  const parameter = (name) => new RegExp(`[ ;]${name}="([^"]*)"`).exec(head)?.[1];
  return {
    name: parameter('name'),
    filename: parameter('filename')?.replace(/%22/g, '"'),
    bytes: part.subarray(end + 4),
  };
}

// fake_console: the console's calls as its page sees them, so that each state of it can be brought
// about: empty, at work, with failures, cut off, signed out.

import { readBody, sendJson, sendProblem } from './fake_http.mjs';

const kProcessor = 'image-resize-processor';
const kApi = 'image-upload-handler';
const kSpanMs = 2_000;

const hex = (number, digits) => (number * 2654435761 % 2 ** 32).toString(16).padStart(digits, '0');

function makeFunction(name) {
  return {
    name, instances: 0, busy: 0, callers_waiting: 0, cold_starts: 0, invocations: 0, errors: 0,
    throttles: 0, retries: 0,
    queue: { waiting: 0, low: 0, running: 0, dead: 0, oldest_ms: null }, spans: [],
  };
}

export class FakeConsole {
  signedIn = true;
  silent = false; // Takes no connection of the stream: as a server that is gone.
  functions = [makeFunction(kProcessor), makeFunction(kApi)];
  s3 = { requests: 0, errors: 0 };
  entries = [];
  failures = [];
  events = { dead: [], waiting: [] };
  lacks = null;
  originals = new Map(); // By key: bytes.
  calls = []; // Of changes: {call, headers, body}.
  #streams = new Set();
  #number = 0;

  get processor() {
    return this.functions[0];
  }
  get api() {
    return this.functions[1];
  }

  // → the entry, told to who listens with the next tell().
  ran(fields) {
    const number = ++this.#number;
    const one = fields.function ? this.api : this.processor;
    one.invocations += 1;
    if (fields.error_type) one.errors += 1;
    const entry = {
      number, function: kProcessor,
      request_id: `${hex(number, 8)}-0f0e-4d2c-9b1a-${hex(number + 7, 12)}`,
      trace_id: `1-692d0a00-${hex(number + 3, 8)}${hex(number + 11, 16)}`,
      what: 'ObjectCreated:Put', key: '', attempt: 1, error_type: '', has_failed_picture: false,
      duration_ms: 30, ended_ms: Date.now(), ...fields,
    };
    this.entries.push(entry);
    if (entry.has_failed_picture) this.failures.push(entry);
    return entry;
  }

  // Ten minutes of work, as a wave.
  fillSpans() {
    const last = Math.floor(Date.now() / kSpanMs) * kSpanMs;
    this.functions.forEach((one, index) => {
      one.spans = [];
      for (let back = 290; back >= 0; back -= 1) {
        const wave = Math.sin(back / 23) + Math.sin(back / 7 + index) / 2;
        const count = Math.max(0, Math.round(14 * wave + 9));
        if (count === 0) continue;
        const mean = 26 + 9 * Math.cos(back / 11) + (index ? -12 : 0);
        const errors = back % 61 === 5 && index === 0 ? 2 : 0;
        one.spans.push([last - back * kSpanMs, count, errors, Math.round(mean * count),
          Math.round(mean * (1.6 + (back % 5) / 4))]);
      }
    });
  }

  die(fields) {
    const id = 1_000 + this.events.dead.length;
    this.events.dead.push({
      id, state: 'dead', function: kProcessor, request_id: `dead-${id}`, trace_id: '',
      attempts: 3, queued: new Date(Date.now() - 900_000).toISOString(),
      event: 'ObjectCreated:Put', bucket: 'image-upload-source-bucket',
      condition: 'RetriesExhausted', died: new Date(Date.now() - 240_000).toISOString(),
      error: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 60.00 seconds' },
      ...fields,
    });
    this.processor.queue.dead = this.events.dead.length;
  }

  wait(fields) {
    const id = 5_000 + this.events.waiting.length;
    this.events.waiting.push({
      id, state: 'waiting', function: kProcessor, request_id: `waits-${id}`, trace_id: '',
      attempts: 0, queued: new Date(Date.now() - 4_000).toISOString(), event: 'ObjectCreated:Put',
      bucket: 'image-upload-source-bucket', due: new Date(Date.now() - 4_000).toISOString(),
      priority: 'normal', ...fields,
    });
    this.processor.queue.waiting = this.events.waiting.length;
    this.processor.queue.oldest_ms = Date.now() - 4_000;
  }

  // What is there now, to who listens.
  tell() {
    for (const stream of this.#streams) this.#send(stream);
  }

  // The server is gone, for the stream and for calls, until it is back.
  vanish() {
    this.silent = true;
    for (const { response } of this.#streams) response.destroy();
    this.#streams.clear();
  }

  // → whether the path is one of the console's.
  async serve(request, response, path, query) {
    if (!path.startsWith('/console/api/')) return false;
    const call = path.slice('/console/api/'.length);
    if (this.silent) response.destroy();
    else if (!this.signedIn) sendProblem(response, 401, 'There is no session.');
    else if (call === 'live') this.#open(response);
    else if (call === 'settings') sendJson(response, 200, this.#settings());
    else if (call === 'log') sendJson(response, 200, { lines: this.#log(query) });
    else if (call === 'original') this.#original(response, query);
    else if (call === 'events') this.#list(response, query);
    else await this.#change(request, response, call);
    return true;
  }

  #open(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('retry: 200\n\n');
    const stream = { response, isNew: true, last: 0 };
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    this.#send(stream);
  }

  #send(stream) {
    const document = {
      reset: stream.isNew, time_ms: Date.now(), functions: this.functions, s3: this.s3,
      entries: this.entries.filter(({ number }) => number > stream.last), failures: this.failures,
    };
    stream.isNew = false;
    stream.last = this.#number;
    stream.response.write(`event: state\ndata: ${JSON.stringify(document)}\n\n`);
  }

  #list(response, query) {
    const events = this.events[query.get('state')] ?? [];
    sendJson(response, 200, { events: events.slice(0, Number(query.get('limit'))), next: null });
  }

  #original(response, query) {
    const bytes = this.originals.get(query.get('key'));
    response.writeHead(bytes ? 200 : 404, { 'Content-Type': 'image/jpeg' });
    response.end(bytes);
  }

  async #change(request, response, call) {
    const body = JSON.parse(await readBody(request));
    this.calls.push({ call, headers: request.headers, body });
    if (call === 'logout') this.signedIn = false;
    const { dead, waiting } = this.events;
    const before = dead.length + waiting.length;
    const stays = ({ id }) => !body.all && !body.ids?.includes(id);
    this.events.dead = dead.filter(stays);
    if (call === 'events/delete' && body.state !== 'dead') {
      this.events.waiting = waiting.filter(stays);
    }
    this.processor.queue.dead = this.events.dead.length;
    this.processor.queue.waiting = this.events.waiting.length;
    const count = before - this.events.dead.length - this.events.waiting.length;
    sendJson(response, 200, { count });
    this.tell();
  }

  #log(query) {
    const id = query.get('request_id');
    return [
      `START RequestId: ${id} Version: $LATEST`,
      JSON.stringify({ timestamp: '2026-12-01T12:00:00.123Z', level: 'INFO', message: 'processed',
        requestId: id, traceId: '1-692d0a00-0123456789abcdef01234567', key: 'rome.jpg', ms: 28 }),
      `END RequestId: ${id}`,
      `REPORT RequestId: ${id}\tDuration: 28.40 ms\tBilled Duration: 29 ms\tMemory Size: 1024 MB\t` +
        'Max Memory Used: 61 MB\t',
    ];
  }

  #settings() {
    const row = (group, name, value, about) => ({ group, name, value, about });
    const ofFunction = (name, instances) => [
      row(name, 'instances', instances, 'at most'), row(name, 'memory', '1024', 'MB for each'),
      row(name, 'timeout', '60000', 'ms for an invocation'),
      row(name, 'IMAGEMILL_MAX_RETRIES', '2', 'attempts after the first'),
    ];
    return {
      version: '0.1.0', lacks: this.lacks, recipes: '',
      settings: [
        row('Service', 'IMAGEMILL_SOURCE_BUCKET', 'image-upload-source-bucket',
          'where pictures come in'),
        row('Service', 'IMAGEMILL_DESTINATION_BUCKET', 'image-resized-output-bucket',
          'where what is made of them goes'),
        row('Service', 'IMAGEMILL_UPLOAD_TOKEN', 'not set', 'what an upload needs'),
        row('Limits', 'IMAGEMILL_MAX_BYTES', '50000000', 'of a source, in bytes'),
        row('Limits', 'IMAGEMILL_MAX_PIXELS', '120000000', 'of a still'),
        row('Limits', 'IMAGEMILL_MAX_SECONDS', '30', 'of one render'),
        ...ofFunction(kProcessor, '2'), ...ofFunction(kApi, '32'),
      ],
    };
  }
}

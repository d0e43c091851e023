// The console in a real browser. By default against the fake, which can be brought to any state;
// where IMAGEMILL_PAGE_URL names a real server, what holds for every server against that, let in by
// IMAGEMILL_CONSOLE_COMMAND (a JSON list: the command that prints a link).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { faultsOf } from './accessibility.mjs';
import { fillTroubles, fillWork } from './console_states.mjs';
import { kDeadlineMs, openBrowser, openPage, photo } from './driver.mjs';
import { startFakeApi } from './fake_api.mjs';
import { readFile } from 'node:fs/promises';

const kUrl = process.env.IMAGEMILL_PAGE_URL;
const kCommand = JSON.parse(process.env.IMAGEMILL_CONSOLE_COMMAND ?? 'null');
let browser;

before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

const makeLink = () => execFileSync(kCommand[0], kCommand.slice(1), { encoding: 'utf8' }).trim();

// A test with a fake of its own, set up by `fill` before the page is opened.
function fakeTest(name, { fill = () => {}, ...look }, body) {
  test(name, { timeout: 3 * kDeadlineMs, skip: Boolean(kUrl) }, async () => {
    const site = await startFakeApi();
    fill(site.console);
    const page = await openPage(browser, site.url, { path: '/console', ...look });
    try {
      await body(page, site.console, site);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
      site.close();
    }
  });
}

function realTest(name, body) {
  test(name, { timeout: 3 * kDeadlineMs, skip: !kUrl || !kCommand }, async () => {
    const page = await openPage(browser, kUrl, { path: makeLink() });
    try {
      await body(page);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  });
}

const tile = (page, name) => page.locator('.tile-of', { hasText: name }).locator('.tile-number');
const row = (page, key) => page.locator('#invocations li', { hasText: key });
const texts = (page, selector) => page.$$eval(selector, (all) => all
  .filter((one) => one.checkVisibility()).map((one) => one.textContent));

realTest('opens by a link, once, and leaves no secret in the address', async (page) => {
  const link = makeLink();
  const other = await browser.newContext();
  const second = await other.newPage();
  await second.goto(link);
  await second.locator('#tiles .tile-of').first().waitFor();
  assert.equal(second.url(), new URL('/console', link).href);
  assert.deepEqual(await second.evaluate(() => document.cookie), '');
  await other.clearCookies();
  assert.equal((await second.goto(link)).status(), 401);
  assert.match(await second.textContent('h1'), /opens by a link/);
  await other.close();
  assert.equal(await page.textContent('#link'), 'Live');
});

realTest('shows an upload as it runs, with its log and its trace', async (page) => {
  const name = `console-${Date.now()}.jpg`;
  const trace = 'a1b2c3d4000011112222333344445555';
  const uploaded = await fetch(`${kUrl}/upload?filename=${name}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'image/jpeg', traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    },
    body: await readFile(photo('nature/LadyBird.jpg')),
  });
  assert.equal(uploaded.status, 201);
  const run = row(page, name);
  await run.waitFor();
  assert.match(await run.textContent(), /done/);
  await run.locator('summary').click();
  const log = run.locator('.log');
  await log.getByText('"message":"processed"').waitFor();
  const text = await log.textContent();
  assert.match(text, /^START RequestId: /);
  assert.match(text, /"traceId":"1-a1b2c3d4-000011112222333344445555"/);
  assert.match(await run.locator('.ids').textContent(), /1-a1b2c3d4-000011112222333344445555/);
  assert.match(await page.textContent('#settings-body'), /IMAGEMILL_MAX_PIXELS/);
  assert.match(await page.locator('.chart-now').first().textContent(), /in the last minute/);
});

realTest('signs out', async (page) => {
  await page.click('#logout');
  await page.getByRole('heading', { name: 'The console opens by a link' }).waitFor();
  page.complaints = []; // The browser's own line about the 401.
});

fakeTest('says that nothing ran while it is empty', {}, async (page) => {
  assert.equal(await tile(page, 'Waiting').textContent(), '0');
  assert.match(await page.textContent('#invocations-empty'), /Nothing has run/);
  assert.match(await page.textContent('#dead-empty'), /^None\./);
  assert.equal(await page.isVisible('#dead-actions'), false);
  assert.match(await page.textContent('#throughput-now'), /^0\/s/);
  assert.match(await page.textContent('#settings-body'), /complete/);
});

fakeTest('counts, plots and lists what runs', { fill: fillWork }, async (page, fake) => {
  assert.equal((await tile(page, 'Waiting').textContent()).trim(), '7');
  assert.equal(await page.locator('html.is-working').count(), 1);
  assert.equal(await page.locator('.uplot canvas').count(), 2);
  assert.match(await page.textContent('#latency-now'), /\d+\u00a0ms on average/);
  fake.ran({ key: 'new.jpg' });
  fake.tell();
  await row(page, 'new.jpg').waitFor();
  assert.match((await texts(page, '#invocations li'))[0], /new\.jpg/);
  await page.locator('#filter').getByText('API').click();
  for (const text of await texts(page, '#invocations li')) assert.match(text, /POST \/upload/);
  await page.locator('#filter').getByText('Failed').click();
  assert.equal(await page.textContent('#invocations-empty'), 'None of the last ones.');
});

fakeTest('keeps a log open while more comes in', { fill: fillWork }, async (page, fake) => {
  const first = page.locator('#invocations li').first();
  const key = await first.locator('.run-what').textContent();
  await first.locator('summary').press('Enter');
  await first.locator('.log').getByText('processed').waitFor();
  fake.ran({ key: 'newer.jpg' });
  fake.tell();
  await row(page, 'newer.jpg').waitFor();
  const open = page.locator('#invocations details[open]');
  assert.equal(await open.count(), 1);
  assert.equal(await open.locator('.run-what').textContent(), key);
});

fakeTest('tells why a picture failed', { fill: fillTroubles }, async (page) => {
  await page.route('**/image/**', (route) => route.fulfill({ status: 422, json: {
    status: 'failed', source: { size: 91_000_000 }, placeholder: null,
    metadata: { format: 'jpeg', width: 30_000, height: 20_000 },
    error: { code: 'too_large', setting: 'IMAGEMILL_MAX_PIXELS',
      message: 'It has 600,000,000 pixels; the limit is 120,000,000.' },
  } }));
  await page.reload();
  const card = page.locator('.failure', { hasText: 'panorama.jpg' });
  await card.getByText('It has 600,000,000 pixels').waitFor();
  assert.match(await card.textContent(), /30000\u00a0×\u00a020000 · 91\.0\u00a0MB · IMAGEMILL_MAX/);
  assert.equal(await page.locator('.failure').count(), 2);
});

const kFailed = {
  'cut off.jpg': { metadata: { format: 'jpeg', width: 1_920, height: 1_200, frames: 1 } },
  'broken.png': { metadata: { format: 'png', width: 10, height: 10, frames: 1 } },
  'drawing.svg': { metadata: { format: 'svg', width: 10, height: 10, frames: 1 } },
  'vast.jpg': { metadata: { format: 'jpeg', width: 30_000, height: 20_000, frames: 1 } },
  'film.gif': { metadata: { format: 'gif', width: 1_000, height: 1_000, frames: 51 } },
  'heavy.jpg': { metadata: { format: 'jpeg', width: 10, height: 10 }, size: 20_000_001 },
  'text.jpg': { metadata: null },
};

fakeTest('draws of an original what a browser may', {
  fill: (fake) => {
    for (const key of Object.keys(kFailed)) fake.ran({ key, has_failed_picture: true });
    fake.originals.set('broken.png', Buffer.from('no picture'));
  },
}, async (page, fake) => {
  const bytes = await readFile(photo('nature/LadyBird.jpg'));
  fake.originals.set('cut off.jpg', bytes.subarray(0, bytes.length / 2));
  const asked = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === '/console/api/original') asked.push(searchParams.get('key'));
  });
  await page.route('**/image/**', (route) => {
    const key = decodeURIComponent(new URL(route.request().url()).pathname.slice('/image/'.length));
    const { metadata, size = 1_000 } = kFailed[key];
    route.fulfill({ status: 422, json: { status: 'failed', source: { size, etag: 'e' }, metadata,
      placeholder: null, error: { message: `Because of ${key}.` } } });
  });
  await page.reload();
  for (const key of Object.keys(kFailed)) await page.getByText(`Because of ${key}.`).waitFor();
  const drawn = page.locator('.failure', { hasText: 'cut off.jpg' }).locator('img');
  await drawn.scrollIntoViewIfNeeded();
  await drawn.evaluate((img) => img.decode());
  assert.ok(await drawn.evaluate((img) => img.naturalWidth > 0));
  await page.locator('.failure', { hasText: 'broken.png' }).scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelectorAll('.failure img').length === 1);
  assert.deepEqual(asked.sort(), ['broken.png', 'cut off.jpg']);
});

fakeTest('names the picture that a message is about', {
  fill: (fake) => {
    const message = { function: 'webhook', key: 'manifests/trips/cat.jpg/manifest.json' };
    fake.ran({ ...message, what: 'ObjectCreated:Put' });
    fake.die({ ...message, error: { errorMessage: 'The receiver answered 500.' } });
  },
}, async (page) => {
  await page.locator('#dead li').waitFor();
  const text = await page.textContent('#dead li');
  assert.match(text, /^trips\/cat\.jpgThe receiver answered 500\.webhook · 3 attempts/);
  assert.match(await page.textContent('#invocations li'), /trips\/cat\.jpg · webhook/);
  await page.locator('#filter').getByText('API').click();
  assert.equal(await page.textContent('#invocations-empty'), 'None of the last ones.');
});

fakeTest('tries a dead letter again, and all of them', { fill: fillTroubles }, async (page, fake) => {
  const dead = page.locator('#dead li');
  await dead.nth(1).waitFor();
  assert.match(await dead.first().textContent(), /hang\.gif.*timed out after 60.*3 attempts/s);
  await dead.first().getByRole('button', { name: /^Try again/ }).click();
  await page.waitForFunction(() => document.querySelectorAll('#dead li').length === 1);
  assert.deepEqual(fake.calls[0].body, { ids: [1_000] });
  assert.equal(fake.calls[0].headers['x-imagemill-console'], '1');

  await page.click('#redrive-all');
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(fake.calls.length, 1);
  await page.click('#redrive-all');
  await page.click('#confirm-yes');
  await page.getByText('None. An event comes here').waitFor();
  assert.deepEqual(fake.calls[1].body, { all: true });
});

fakeTest('deletes nothing without being sure', { fill: fillTroubles }, async (page, fake) => {
  await page.click('#delete-all');
  await page.keyboard.press('Escape');
  assert.equal(fake.calls.length, 0);
  await page.click('#delete-all');
  await page.click('#confirm-yes');
  await page.getByText('None. An event comes here').waitFor();
  assert.deepEqual(fake.calls[0].body, { all: true, state: 'dead' });
  assert.equal(fake.events.waiting.length, 2); // Only what is dead.
});

fakeTest('says that the server is gone, and comes back', { fill: fillWork }, async (page, fake) => {
  fake.vanish();
  await page.getByText('The server does not answer.').waitFor();
  assert.equal(await page.textContent('#link'), 'Offline');
  fake.silent = false;
  await page.locator('#link[data-state="live"]').waitFor();
  assert.equal(await page.isVisible('#trouble'), false);
  page.complaints = []; // The browser's own lines about connections that broke.
});

fakeTest('says that the session has ended', { fill: fillWork }, async (page, fake) => {
  fake.signedIn = false;
  fake.vanish();
  fake.silent = false;
  await page.getByText('This session has ended.').waitFor();
  assert.equal(await page.textContent('#link'), 'Signed out');
  page.complaints = [];
});

fakeTest('takes no name for markup', {
  fill: (fake) => {
    fake.ran({ key: '<img src=x onerror=alert(1)>.jpg' });
    fake.die({ key: '<b>bold</b>.jpg', error: { errorMessage: '<i>why</i>' } });
    fake.wait({ key: '<script>alert(1)</script>' });
  },
}, async (page) => {
  await page.locator('#dead li').waitFor();
  assert.equal(await page.locator('#main b, #main i, #main script, #invocations img').count(), 0);
  assert.match(await page.textContent('#invocations'), /<img src=x/);
});

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 360, height: 740 }]) {
    fakeTest(`is fit for everyone, ${colorScheme}, ${viewport.width} wide`, {
      fill: (fake) => { fillWork(fake); fillTroubles(fake); }, colorScheme, viewport,
      reducedMotion: 'reduce',
    }, async (page) => {
      await page.locator('#dead li').first().waitFor();
      await page.locator('#invocations summary').first().click();
      await page.locator('#invocations .log').getByText('processed').waitFor();
      assert.deepEqual(await faultsOf(page), []);
      const moving = await page.$$eval('*', (all) => all
        .filter((one) => getComputedStyle(one).animationName !== 'none').length);
      assert.equal(moving, 0);
    });
  }
}

// The page in a real browser: pictures in, pictures out. By default against the fake API;
// IMAGEMILL_PAGE_URL=http://… runs the same against a real server. CHROMIUM names the browser;
// SCREENSHOTS=DIR (or, run directly, --screenshots DIR) also saves pictures of every state.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  card, kDeadlineMs, photo, pick, picturesShown, readPhoto, started, throttleUploads, waitForState,
} from './driver.mjs';
import { takeScreenshots } from './screenshots.mjs';
import { kText, makeSuite } from './suite.mjs';

const { suite, pageTest } = makeSuite();

pageTest('says what it is while it is empty', {}, async (page, site) => {
  assert.match(await page.textContent('h1'), /Big pictures in/);
  assert.equal(await page.isVisible('#pictures'), false);
  assert.match(await page.textContent('#snippets'),
    new RegExp(`-F file=@photo.jpg ${site.url}/upload`));
});

pageTest('shows progress, then before and after', {}, async (page) => {
  await throttleUploads(page, 700_000);
  await pick(page, photo('nature/RainDrops.jpg'));
  const partly = '.card[data-state="uploading"] progress';
  await page.waitForFunction((selector) => {
    const value = document.querySelector(selector)?.value ?? 0;
    return value > 0.05 && value < 0.95;
  }, partly);
  assert.match(await page.textContent('.card .status'), /^Uploading \d+\u00a0% of 1\.2\u00a0MB$/);

  await waitForState(page, 'RainDrops.jpg', 'ready');
  await picturesShown(page);
  const status = await page.textContent('.card .status');
  assert.match(status, /^1\.2\u00a0MB → .+, \d+\u00a0% smaller/);
  const alts = await page.$$eval('.card img', (pictures) => pictures.map(({ alt }) => alt));
  assert.deepEqual(alts, ['RainDrops.jpg, before', 'RainDrops.jpg, after']);
  assert.match(await page.textContent('.facts'), /Original\s*JPEG\s*1920\u00a0×\u00a01200/);
  assert.match(await page.textContent('.facts'), /resized\s*JPEG\s*800\u00a0×\u00a0500/);
  assert.match(await page.textContent('.privacy'), /^Left out of the result: .+\.$/);
});

pageTest('says what of people and places is left out', { fakeOnly: true }, async (page) => {
  await pick(page, photo('nature/Dune.jpg'));
  await waitForState(page, 'Dune.jpg', 'ready');
  assert.equal(await page.textContent('.privacy'),
    'Left out of the result: where it was taken, the camera and when it was taken.');
});

pageTest('sends three at a time', {}, async (page) => {
  await throttleUploads(page, 2_000_000);
  const names = ['Aqua', 'Dune', 'Storm', 'Wood', 'Garden'].map((name) => `${name}.jpg`);
  await pick(page, names.map((name) => photo(`nature/${name}`)));
  await page.waitForFunction(() => {
    const count = (state) => document.querySelectorAll(`.card[data-state="${state}"]`).length;
    return count('uploading') === 3 && count('waiting') === 2;
  });
  for (const name of names) await waitForState(page, name, 'ready');
  assert.match(await page.textContent('#summary'), /^5 pictures · 2\.7\u00a0MB → .* smaller$/);
});

pageTest('lets one fail and the others go on', {}, async (page) => {
  await pick(page, [
    await readPhoto('nature/Dune.jpg'), kText, await readPhoto('nature/Aqua.jpg'),
    { name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
    { name: 'empty.png', mimeType: 'image/png', buffer: Buffer.alloc(0) },
  ]);
  await waitForState(page, 'Dune.jpg', 'ready');
  await waitForState(page, 'Aqua.jpg', 'ready');
  await waitForState(page, 'holiday.jpg', 'failed');
  await waitForState(page, 'report.pdf', 'refused');

  const said = (name) => card(page, name).locator('.status').textContent();
  assert.match(await said('holiday.jpg'), /\w+ \w+ \w+/);
  assert.match(await said('report.pdf'), /does not look like a picture \(it is application\/pdf\)/);
  assert.match(await said('empty.png'), /is empty/);
  const retry = (name) => card(page, name).getByRole('button', { name: /^Try/ });
  assert.equal(await retry('holiday.jpg').isVisible(), true);
  assert.equal(await retry('report.pdf').isVisible(), false);
});

pageTest('tries again what failed', {}, async (page) => {
  await page.route('**/upload', (route) => route.abort(), { times: 1 });
  await pick(page, photo('nature/Dune.jpg'));
  await waitForState(page, 'Dune.jpg', 'failed');
  assert.match(await page.textContent('.card .status'), /could not be reached/);
  page.complaints.length = 0; // The browser's own word about the request cut above.

  await page.getByRole('button', { name: 'Try Dune.jpg again' }).click();
  await waitForState(page, 'Dune.jpg', 'ready');
});

pageTest('asks for the upload token again if wrong', { fakeOnly: true }, async (page, site) => {
  site.fake.options.token = 'open sesame';
  try {
    await page.reload();
    await started(page);
    await pick(page, photo('nature/Dune.jpg'));
    await waitForState(page, 'Dune.jpg', 'waiting');
    await page.fill('#token-input', 'open barley');
    await page.keyboard.press('Enter');
    await waitForState(page, 'Dune.jpg', 'failed');
    assert.match(await page.textContent('#token-note'), /did not accept/);

    await page.fill('#token-input', 'open sesame');
    await page.keyboard.press('Enter');
    await waitForState(page, 'Dune.jpg', 'ready');
    await page.reload();
    await started(page);
    assert.equal(await page.inputValue('#token-input'), 'open sesame');
  } finally {
    site.fake.options.token = '';
  }
});

pageTest('puts different shapes side by side', { fakeOnly: true }, async (page, site) => {
  site.fake.options.crops = true;
  try {
    await pick(page, photo('nature/Dune.jpg'));
    await waitForState(page, 'Dune.jpg', 'ready');
    assert.equal(await page.locator('.side img').count(), 2);
    assert.equal(await page.getByRole('slider').count(), 0);
    assert.deepEqual(await page.locator('.facts a').allTextContents(), ['large', 'small']);
  } finally {
    site.fake.options.crops = false;
  }
});

pageTest('tells what is wrong with half a JPEG', { fakeOnly: true }, async (page) => {
  const whole = await readPhoto('nature/FreshFlower.jpg', 'half.jpg');
  await pick(page, { ...whole, buffer: whole.buffer.subarray(0, whole.buffer.length / 2) });
  await waitForState(page, 'half.jpg', 'failed');
  assert.match(await page.textContent('.card .status'), /ends early/);
});

pageTest('keeps its list over a reload, and says what is gone', {}, async (page) => {
  await pick(page, [photo('nature/Dune.jpg'), photo('nature/Garden.jpg')]);
  await waitForState(page, 'Dune.jpg', 'ready');
  await waitForState(page, 'Garden.jpg', 'ready');
  await picturesShown(page);
  await page.evaluate(async () => {
    const entries = JSON.parse(localStorage.getItem('imagemill.list.1'));
    const { filename } = entries.find(({ name }) => name === 'Garden.jpg');
    const answer = await fetch(`/image/${encodeURIComponent(filename)}`, { method: 'DELETE' });
    if (answer.status !== 204) throw new Error(`DELETE answered ${answer.status}`);
  });

  await page.reload();
  await started(page);
  await waitForState(page, 'Dune.jpg', 'ready');
  await waitForState(page, 'Garden.jpg', 'gone');
  await picturesShown(page);
  const said = (name) => card(page, name).locator('.status').textContent();
  assert.match(await said('Dune.jpg'), /smaller/);
  assert.match(await said('Garden.jpg'), /no longer on the server/);
  const pictures = card(page, 'Dune.jpg').locator('img');
  assert.equal(await pictures.count(), 1);
  assert.match(await pictures.getAttribute('src'), /\/image\/Dune[^/]*\.jpg\?redirect=resized$/);
});

pageTest('sends what is too large for a form straight to the store',
  { config: { upload_bytes_max: 500_000 } }, async (page, site) => {
    const posted = page.waitForRequest((request) =>
      request.method() === 'POST' && new URL(request.url()).origin !== new URL(site.url).origin);
    await pick(page, photo('nature/Storm.jpg'));
    await posted;
    await waitForState(page, 'Storm.jpg', 'ready');
  });

pageTest('takes drops and pastes, and odd names', {}, async (page) => {
  const odd = 'a b+ü%20 "q" <b>.jpg';
  const { buffer } = await readPhoto('nature/FreshFlower.jpg');
  await page.evaluate(([base64, name]) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const carry = (file) => {
      const transfer = new DataTransfer();
      transfer.items.add(file);
      return transfer;
    };
    const dropped = carry(new File([bytes], name, { type: 'image/jpeg' }));
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: dropped, bubbles: true }));
    }
    const clipboardData = carry(new File([bytes], 'image.jpg', { type: 'image/jpeg' }));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  }, [buffer.toString('base64'), odd]);

  await page.locator('.card[data-state="ready"]').nth(1).waitFor();
  await picturesShown(page);
  const names = await page.$$eval('.card-name', (all) => all.map(({ textContent }) => textContent));
  assert.ok(names.includes(odd), names.join());
  assert.ok(names.some((name) => /^pasted-[\d-]+\.jpg$/.test(name)), names.join());
});

pageTest('downloads under a name that opens', {}, async (page) => {
  await pick(page, photo('nature/LadyBird.jpg'));
  await waitForState(page, 'LadyBird.jpg', 'ready');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download LadyBird.jpg' }).click();
  assert.match((await download).suggestedFilename(), /^resized-LadyBird.*\.jpg$/);
});

test('screenshots', { skip: !screenshotsFolder(), timeout: 20 * kDeadlineMs }, async () => {
  await takeScreenshots(suite.browser, suite.site.url, screenshotsFolder());
});

function screenshotsFolder() {
  const index = process.argv.indexOf('--screenshots');
  return index > 0 ? process.argv[index + 1] : process.env.SCREENSHOTS;
}

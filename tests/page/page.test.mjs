// The page in a real browser. By default against the fake API; IMAGEMILL_PAGE_URL=http://… runs
// the same against a real server. CHROMIUM names the browser; SCREENSHOTS=DIR (or, run directly,
// --screenshots DIR) also saves pictures of every state.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  card, kDeadlineMs, openBrowser, openPage, openSite, photo, pick, picturesShown, readPhoto,
  started, throttleUploads, waitForState,
} from './driver.mjs';
import { faultsOf } from './accessibility.mjs';
import { takeScreenshots } from './screenshots.mjs';

let site;
let browser;
before(async () => {
  site = await openSite();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  site?.close();
});

// Each test has a page of its own, which must end without a complaint.
function pageTest(name, options, body) {
  test(name, { timeout: 3 * kDeadlineMs, skip: options.fakeOnly && !siteIsFake() }, async () => {
    const page = await openPage(browser, site.url, options);
    try {
      await body(page);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  });
}

function siteIsFake() {
  return !process.env.IMAGEMILL_PAGE_URL;
}

const kText = { name: 'holiday.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('No photo.') };

pageTest('says what it is while it is empty', {}, async (page) => {
  assert.match(await page.textContent('h1'), /Pictures in/);
  assert.equal(await page.isVisible('#pictures'), false);
  assert.match(await page.textContent('#snippets'), new RegExp(`-F file=@photo.jpg ${site.url}/upload`));
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
  assert.equal(await card(page, 'holiday.jpg').getByRole('button', { name: /^Try/ }).isVisible(), true);
  assert.equal(await card(page, 'report.pdf').getByRole('button', { name: /^Try/ }).isVisible(), false);
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
  assert.match(await card(page, 'Dune.jpg').locator('.status').textContent(), /smaller/);
  const pictures = await card(page, 'Dune.jpg').locator('img').evaluateAll((all) => all.map(({ src }) => src));
  assert.equal(pictures.length, 1);
  assert.match(pictures[0], /\/image\/Dune[^/]*\.jpg\?redirect=resized$/);
  assert.match(await card(page, 'Garden.jpg').locator('.status').textContent(), /no longer on the server/);
});

pageTest('sends what is too large for a form straight to the store',
  { config: { upload_bytes_max: 500_000 } }, async (page) => {
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
    const pasted = carry(new File([bytes], 'image.jpg', { type: 'image/jpeg' }));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: pasted, bubbles: true }));
  }, [buffer.toString('base64'), odd]);

  await page.waitForFunction(() => document.querySelectorAll('.card[data-state="ready"]').length === 2);
  await picturesShown(page);
  const names = await page.$$eval('.card-name', (all) => all.map(({ textContent }) => textContent));
  assert.ok(names.includes(odd), names.join());
  assert.ok(names.some((name) => /^pasted-[\d-]+\.jpg$/.test(name)), names.join());
});

pageTest('works by the keyboard alone', {}, async (page) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.focus('#picker');
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles([photo('nature/Wood.jpg'), photo('nature/Dune.jpg')]);
  await waitForState(page, 'Wood.jpg', 'ready');
  await waitForState(page, 'Dune.jpg', 'ready');

  const wood = card(page, 'Wood.jpg');
  await wood.getByRole('slider').focus();
  await page.keyboard.press('ArrowLeft');
  assert.match(await wood.getByRole('slider').getAttribute('aria-valuetext'), /^48 % before/);
  await wood.getByRole('button', { name: 'Copy link to Wood.jpg' }).focus();
  await page.keyboard.press('Enter');
  await wood.getByText('Copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, new RegExp(`^${site.url}/image/Wood[^/]*\\.jpg\\?redirect$`));

  await wood.getByRole('button', { name: 'Remove Wood.jpg from the list' }).focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.card').count(), 1);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')),
    'Remove Dune.jpg from the list');
});

pageTest('downloads under a name that opens', {}, async (page) => {
  await pick(page, photo('nature/LadyBird.jpg'));
  await waitForState(page, 'LadyBird.jpg', 'ready');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download LadyBird.jpg' }).click();
  assert.match((await download).suggestedFilename(), /^resized-LadyBird.*\.jpg$/);
});

pageTest('tells a screen reader what happened', {}, async (page) => {
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() => window.heard.push(document.querySelector('#announcements').textContent))
      .observe(document.querySelector('#announcements'), { childList: true });
  });
  await throttleUploads(page, 400_000);
  await pick(page, [await readPhoto('nature/TwoWings.jpg'), kText]);
  await waitForState(page, 'TwoWings.jpg', 'ready');
  await page.waitForFunction(() => /TwoWings\.jpg is ready/.test(window.heard.join(' ')));
  const heard = (await page.evaluate(() => window.heard)).join(' ');
  assert.match(heard, /Uploading 2 pictures\./);
  assert.match(heard, /\d+ % uploaded\./);
  assert.match(heard, /TwoWings\.jpg is ready: 881\u00a0kB to /);
  assert.match(heard, /holiday\.jpg: /);
});

pageTest('has names for everything and fits a phone', { viewport: { width: 360, height: 740 } },
  async (page) => {
    assert.deepEqual(await faultsOf(page), []);
    await pick(page, [await readPhoto('nature/Dune.jpg', `${'very-long-name-'.repeat(8)}.jpg`), kText,
      await readPhoto('nature/YellowFlower.jpg')]);
    await waitForState(page, 'YellowFlower.jpg', 'ready');
    await waitForState(page, 'holiday.jpg', 'failed');
    assert.deepEqual(await faultsOf(page), []);
  });

pageTest('has colours one can read in the dark', { colorScheme: 'dark' }, async (page) => {
  await pick(page, [await readPhoto('nature/Dune.jpg'), kText]);
  await waitForState(page, 'Dune.jpg', 'ready');
  await waitForState(page, 'holiday.jpg', 'failed');
  assert.deepEqual(await faultsOf(page), []);
});

test('screenshots', { skip: !screenshotsFolder(), timeout: 20 * kDeadlineMs }, async () => {
  await takeScreenshots(browser, site.url, screenshotsFolder());
});

function screenshotsFolder() {
  const index = process.argv.indexOf('--screenshots');
  return index > 0 ? process.argv[index + 1] : process.env.SCREENSHOTS;
}

// The page for everyone: by keyboard, by ear, on a phone, in the dark; and the words and colours it
// makes itself. Runs as page.test.mjs does.

import assert from 'node:assert/strict';
import { faultsOf } from './accessibility.mjs';
import { card, photo, pick, readPhoto, throttleUploads, waitForState } from './driver.mjs';
import { kText, makeSuite } from './suite.mjs';

const { pageTest } = makeSuite();

pageTest('says sizes as people do', {}, async (page) => {
  const said = await page.evaluate(async () => {
    const format = await import('./format.js');
    return [
      ...[0, 999, 1000, 9949, 121_300, 999_499, 999_500, 3_249_000, 1.5e9].map(format.formatBytes),
      ...[40, 1, 1000, 1250].map((after) => format.formatSaving(1000, after)),
    ];
  });
  assert.deepEqual(said.map((text) => text.replaceAll('\u00a0', ' ')), [
    '0 B', '999 B', '1.0 kB', '9.9 kB', '121 kB', '999 kB', '1.0 MB', '3.2 MB', '1.5 GB',
    '96 % smaller', '99 % smaller', 'the same size', '25 % larger',
  ]);
});

pageTest('paints a ThumbHash, and nothing for nonsense', {}, async (page) => {
  const painted = await page.evaluate(async () => {
    const { makeThumbhashCanvas } = await import('./thumbhash.js');
    const canvas = makeThumbhashCanvas('1QcSHQRnh493V4dIh4eXh1h4kJUI');
    const context = canvas.getContext('2d');
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let red = 0;
    for (let index = 0; index < data.length; index += 4) red += data[index];
    return {
      size: [canvas.width, canvas.height],
      red: Math.round((red * 4) / data.length),
      nonsense: ['', '!', 'AAAA'].map(makeThumbhashCanvas),
    };
  });
  assert.deepEqual(painted.size, [23, 32]);
  assert.ok(painted.red > 60 && painted.red < 160, `mean red ${painted.red}`);
  assert.deepEqual(painted.nonsense, [null, null, null]);
});

pageTest('works by the keyboard alone', {}, async (page, site) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  const chooser = page.waitForEvent('filechooser');
  await page.focus('#picker'); // A round trip, too: from here on the browser hands us its dialogs.
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

pageTest('tells a screen reader what happened', {}, async (page) => {
  await page.evaluate(() => {
    window.heard = [];
    const region = document.querySelector('#announcements');
    new MutationObserver(() => window.heard.push(region.textContent))
      .observe(region, { childList: true });
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
    const longName = `${'very-long-name-'.repeat(8)}.jpg`;
    await pick(page, [
      await readPhoto('nature/Dune.jpg', longName),
      kText,
      await readPhoto('nature/YellowFlower.jpg'),
    ]);
    await waitForState(page, longName, 'ready');
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

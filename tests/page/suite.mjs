// suite: one server and one browser for a file of tests, a fresh page for each.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kDeadlineMs, openBrowser, openPage, openSite } from './driver.mjs';

// A text file that claims to be a picture.
export const kText = {
  name: 'holiday.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('No photo.'),
};

// → {suite: {site, browser}, pageTest}; the suite is filled once the tests begin.
export function makeSuite() {
  const suite = { site: null, browser: null };
  before(async () => {
    suite.site = await openSite();
    suite.browser = await openBrowser();
  });
  after(async () => {
    await suite.browser?.close();
    suite.site?.close();
  });

  // A test of one page, which must end without a complaint of the browser. `fakeOnly`: it needs
  // what only the fake can be told to do. The other options are openPage's.
  function pageTest(name, { fakeOnly = false, ...options }, body) {
    const skip = fakeOnly && Boolean(process.env.IMAGEMILL_PAGE_URL);
    test(name, { timeout: 3 * kDeadlineMs, skip }, async () => {
      const page = await openPage(suite.browser, suite.site.url, options);
      try {
        await body(page, suite.site);
        assert.deepEqual(page.complaints, []);
      } finally {
        await page.context().close();
      }
    });
  }

  return { suite, pageTest };
}

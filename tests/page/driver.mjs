// driver: what every test of the page needs: a server, a browser, a page that tells on itself.

import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { startFakeApi } from './fake_api.mjs';

export const kDeadlineMs = 60_000; // Generous: the machine may be busy with other tests.
const kPhotos = process.env.IMAGEMILL_PHOTOS ?? '/usr/share/backgrounds/mate';

export const photo = (name) => `${kPhotos}/${name}`;

// The real server where IMAGEMILL_PAGE_URL names one, else the fake; `fake` is null for the former.
export async function openSite() {
  const url = process.env.IMAGEMILL_PAGE_URL;
  if (url) return { url: url.replace(/\/$/, ''), fake: null, close: () => {} };
  const fake = await startFakeApi();
  return { url: fake.url, fake, close: fake.close };
}

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

// A page of its own context (empty storage), started. `complaints` fills with console errors,
// uncaught exceptions and what the CSP refused; `config` changes fields of the server's own; `path`
// is opened, and may be a whole link.
export async function openPage(
  browser, url, { config = null, path = '/', ...contextOptions } = {},
) {
  const context = await browser.newContext({
    permissions: ['clipboard-read', 'clipboard-write'], ...contextOptions,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(kDeadlineMs);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(`exception: ${error}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isPlainRefusal(message)) {
      page.complaints.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  await page.exposeFunction('tellTest', (text) => page.complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.tellTest(`csp: ${event.violatedDirective} refused ${event.blockedURI}`);
    });
  });
  if (config) {
    await page.route('**/config.json', async (route) => {
      const document = await (await route.fetch()).json();
      await route.fulfill({ json: { ...document, ...config } });
    });
  }
  await page.goto(new URL(path, url).href);
  await started(page);
  return page;
}

export function started(page) {
  return page.waitForSelector('html[data-started="true"]');
}

// The browser itself reports every 4xx of the API as an error; the page shows them as sentences.
function isPlainRefusal(message) {
  return /the server responded with a status of 4\d\d/.test(message.text()) &&
    /\/(upload|image\/[^?]*(\?.*)?)$/.test(message.location().url);
}

export function pick(page, files) {
  return page.setInputFiles('#picker', files);
}

export async function readPhoto(name, as = name.split('/').pop()) {
  return { name: as, mimeType: 'image/jpeg', buffer: await readFile(photo(name)) };
}

// The card of one picture, by the name it was picked under.
export function card(page, name) {
  return page.locator('.card', { has: page.locator(`.card-name[title="${name}"]`) });
}

export function waitForState(page, name, state) {
  return page.locator(`.card[data-state="${state}"]`, {
    has: page.locator(`.card-name[title="${name}"]`),
  }).waitFor();
}

// Slows uploads so that their progress can be seen, on any server.
export async function throttleUploads(page, bytesPerSecond) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond,
  });
}

// Ends when every img in view has its pixels, decoded.
export async function picturesShown(page) {
  await page.waitForFunction(() => [...document.querySelectorAll('.card img')].every((img) => {
    const box = img.getBoundingClientRect();
    const inView = box.bottom > 0 && box.top < innerHeight;
    const painted = img.complete && img.naturalWidth > 0 && getComputedStyle(img).opacity !== '0';
    return !inView || painted;
  }));
  await page.$$eval('.card img', (all) =>
    Promise.all(all.filter(({ complete }) => complete).map((img) => img.decode())));
}

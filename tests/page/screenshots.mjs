// screenshots: the page in each of its states, at two widths, light and dark, for people to look
// at.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  openPage, photo, pick, picturesShown, readPhoto, throttleUploads, waitForState,
} from './driver.mjs';

const kSizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const kMany = [
  'nature/Aqua.jpg', 'nature/Blinds.jpg', 'nature/Dune.jpg', 'nature/FreshFlower.jpg',
  'nature/Garden.jpg', 'nature/LadyBird.jpg', 'nature/Storm.jpg', 'nature/YellowFlower.jpg',
];

const kStates = {
  empty: async () => {},
  uploading: async (page) => {
    await throttleUploads(page, 250_000);
    await pick(page, ['nature/RainDrops.jpg', 'nature/Dune.jpg', 'nature/Storm.jpg',
      'nature/Wood.jpg'].map(photo));
    await page.waitForFunction(() => document.querySelector('#overall').value > 0.15);
  },
  ready: async (page) => {
    await pick(page, photo('abstract/Elephants_3840x2160.jpg'));
    await waitForState(page, 'Elephants_3840x2160.jpg', 'ready');
  },
  reloaded: async (page) => {
    await pick(page, [photo('nature/LadyBird.jpg'), photo('nature/Storm.jpg')]);
    await waitForState(page, 'LadyBird.jpg', 'ready');
    await waitForState(page, 'Storm.jpg', 'ready');
    await page.reload();
    await waitForState(page, 'LadyBird.jpg', 'ready');
    await waitForState(page, 'Storm.jpg', 'ready');
  },
  failed: async (page) => {
    await pick(page, [
      await readPhoto('nature/LadyBird.jpg'),
      { name: 'holiday.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('Dear diary, no photo.') },
      { name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
    ]);
    await waitForState(page, 'LadyBird.jpg', 'ready');
    await waitForState(page, 'holiday.jpg', 'failed');
  },
  many: async (page) => {
    await pick(page, kMany.map(photo));
    for (const name of kMany) await waitForState(page, name.split('/').pop(), 'ready');
  },
};

export async function takeScreenshots(browser, url, folder) {
  await mkdir(folder, { recursive: true });
  for (const [width, viewport] of Object.entries(kSizes)) {
    for (const colorScheme of ['light', 'dark']) {
      for (const [state, reach] of Object.entries(kStates)) {
        const look = { viewport, colorScheme, reducedMotion: 'reduce' };
        const page = await openPage(browser, url, look);
        await reach(page);
        // As tall as its content, so that pictures below the fold are loaded too.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ ...viewport, height: Math.max(height, viewport.height) });
        await picturesShown(page);
        await page.screenshot({
          path: join(folder, `${state}-${width}-${colorScheme}.png`), fullPage: true,
        });
        await page.context().close();
      }
    }
  }
}

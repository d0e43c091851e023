// intake: every way a file gets in (pick, drop anywhere, paste), and the first look at it.

import { baseName, extensionOf, formatBytes } from './format.js';

const kExtensions = new Set([
  'jpg', 'jpeg', 'jfif', 'png', 'webp', 'gif', 'avif', 'tif', 'tiff', 'svg', 'heic', 'heif',
  'bmp',
]);
const kFilesMax = 1000; // Of one drop: a dropped home folder should not hang the page.

// Null for a file worth sending, else a sentence that says why not. The server looks at the bytes;
// this only saves the wait for what cannot be a picture.
export function refusalOf(file, { sourceBytesMax }) {
  const name = baseName(file.name);
  if (!file.type.startsWith('image/') && !kExtensions.has(extensionOf(name))) {
    const kind = file.type ? ` (it is ${file.type})` : '';
    return `${name} does not look like a picture${kind}. ` +
      'Try a JPEG, PNG, WebP, AVIF, GIF, TIFF, HEIC, BMP or SVG.';
  }
  if (file.size === 0) return `${name} is empty: it has no bytes to send.`;
  if (sourceBytesMax && file.size > sourceBytesMax) {
    return `${name} has ${formatBytes(file.size)}; ` +
      `the largest picture taken here has ${formatBytes(sourceBytesMax)}.`;
  }
  return null;
}

// Calls onFiles(files) for each pick, drop and paste; marks `root` with `is-dragging` meanwhile.
export function listenForFiles({ picker, root, onFiles }) {
  picker.addEventListener('change', () => {
    onFiles([...picker.files]);
    picker.value = ''; // So that the same file can be picked again.
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files.map(namePasted));
  });
  listenForDrops(root, onFiles);
}

function listenForDrops(root, onFiles) {
  let depth = 0; // dragenter and dragleave come once for every element on the way.
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  const show = () => root.classList.toggle('is-dragging', depth > 0);
  window.addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    show();
  });
  window.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  });
  window.addEventListener('dragleave', (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    show();
  });
  window.addEventListener('drop', async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    const files = await filesOf(event.dataTransfer);
    if (files.length > 0) onFiles(files);
  });
}

// Folders are walked; a file in one keeps its path as the name it is uploaded under.
async function filesOf(transfer) {
  // The items are only readable until the first await.
  const plain = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  const files = [];
  const pending = [...entries];
  while (pending.length > 0 && files.length < kFilesMax) {
    const entry = pending.shift();
    if (entry.isDirectory) pending.unshift(...await readFolder(entry));
    else files.push(await readFile(entry));
  }
  // Of a folder only the pictures are meant: nobody asks for its thumbnails database.
  return files.filter((file) => refusalOf(file, { sourceBytesMax: null }) === null);
}

async function readFolder(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) { // A reader hands out its entries a hundred at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}

async function readFile(entry) {
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  file.uploadName = entry.fullPath.replace(/^\/+/, '');
  return file;
}

// A pasted screenshot is always called image.png: a time tells them apart.
function namePasted(file, index) {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const suffix = index > 0 ? `-${index + 1}` : '';
  const name = `pasted-${time}${suffix}.${extensionOf(file.name)}`;
  return new File([file], name, { type: file.type });
}

// The least Node can do with sharp: one picture, then the end.
import { createRequire } from 'node:module';

const sharp = createRequire(`${process.cwd()}/`)('sharp');
sharp.concurrency(1);
const [source, target] = process.argv.slice(2);
await sharp(source)
    .rotate()
    .resize(800, 800, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 75 })
    .toFile(target);

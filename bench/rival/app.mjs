// The pipeline as people build it with Node: an upload endpoint that streams into the source
// bucket, and a handler of its events that reduces the picture with sharp and puts it into the other
// bucket. As many pictures at once as there are cores, each on one thread of libvips, as sharp's
// page on performance has it. Nothing is synced to the disk, an event lives in memory alone, and
// what fails is said on standard error and not tried again.
//     node app.mjs FOLDER      prints "ready URL S3-URL"
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pipeline } from 'node:stream/promises';

const installed = createRequire(`${process.cwd()}/`);
const sharp = installed('sharp');
const { GetObjectCommand, PutObjectCommand, S3Client } = installed('@aws-sdk/client-s3');

sharp.concurrency(1);

const store = fork(new URL('store.mjs', import.meta.url), [process.argv[2]]);
const [{ port }] = await once(store, 'message');
const endpoint = `http://127.0.0.1:${port}`;
const s3 = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    requestChecksumCalculation: 'WHEN_REQUIRED', // s3rver does not know the trailers of the others.
});

async function resize(key) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'source', Key: key }));
    const picture = sharp()
        .rotate()
        .resize(800, 800, { fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality: 75 });
    const [output] = await Promise.all([picture.toBuffer(), pipeline(Body, picture)]);
    await s3.send(
        new PutObjectCommand({
            Bucket: 'resized',
            Key: `resized-${key}`,
            Body: output,
            ContentType: 'image/jpeg',
        }),
    );
}

const waiting = [];
let running = 0;
function start() {
    while (running < availableParallelism() && waiting.length > 0) {
        const key = waiting.shift();
        running += 1;
        resize(key)
            .catch((error) => console.error(`${key}: ${error.message}`))
            .finally(() => {
                running -= 1;
                start();
            });
    }
}
store.on('message', ({ event }) => {
    for (const { s3: record } of event.Records) {
        if (record.bucket.name !== 'source') continue;
        waiting.push(decodeURIComponent(record.object.key.replaceAll('+', ' ')));
    }
    start();
});

async function upload(request, response) {
    const url = new URL(request.url, 'http://localhost');
    if (request.method !== 'POST' || url.pathname !== '/upload') {
        response.writeHead(404).end();
        return;
    }
    const filename = url.searchParams.get('filename');
    await s3.send(
        new PutObjectCommand({
            Bucket: 'source',
            Key: filename,
            Body: request,
            ContentLength: Number(request.headers['content-length']),
            ContentType: request.headers['content-type'],
        }),
    );
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ filename }));
}

const server = createServer((request, response) => {
    upload(request, response).catch((error) => {
        console.error(error.message);
        response.writeHead(500).end();
    });
});
server.listen(0, '127.0.0.1', () => {
    console.log(`ready http://127.0.0.1:${server.address().port} ${endpoint}`);
});
process.on('SIGTERM', () => {
    store.kill();
    process.exit(0);
});

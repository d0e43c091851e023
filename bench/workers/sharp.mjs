// sharp, on one thread and without its cache. Where nothing else is asked for, its own defaults:
// they are the engine's, but for PNG's.
// The protocol is line_worker.h's.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

// Installed in the directory this is run from.
const sharp = createRequire(`${process.cwd()}/`)('sharp');
sharp.concurrency(1);
sharp.cache(false);

const options = {
    jpeg: ({ quality }) => ({ quality }),
    webp: ({ quality }) => ({ quality }),
    png: ({ effort }) => (effort ? { compressionLevel: 6, adaptiveFiltering: true } : {}),
    gif: () => ({}),
    avif: ({ quality }) => ({ quality }),
};

async function render(input, box, job) {
    const { format } = job;
    const moves = format === 'gif' || format === 'webp';
    return sharp(input, { animated: moves })
        .rotate()
        .resize(box, box, { fit: 'inside', withoutEnlargement: true })
        .toFormat(format, options[format](job))
        .toBuffer();
}

async function work(job) {
    const input = readFileSync(job.file);
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    const outputs = [];
    for (const box of job.boxes) outputs.push(await render(input, box, job));
    const wall = Number((process.hrtime.bigint() - start) / 1000n);
    const { user, system } = process.cpuUsage(cpu);
    if (job.out !== '') writeFileSync(job.out, outputs[0]);
    return { cpu_us: user + system, wall_us: wall, bytes: outputs.map((output) => output.length) };
}

for await (const line of createInterface({ input: process.stdin })) {
    const answer = await work(JSON.parse(line)).catch((error) => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
}

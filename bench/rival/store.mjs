// The S3 server of the pipeline: s3rver in a process of its own, whose events go to the parent.
//     node store.mjs FOLDER
import { createRequire } from 'node:module';

// Installed in the directory this is run from.
const S3rver = createRequire(`${process.cwd()}/`)('s3rver');

const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: process.argv[2],
    configureBuckets: [{ name: 'source' }, { name: 'resized' }],
});
server.on('event', (event) => process.send({ event }));
const { port } = await server.run();
process.send({ port });

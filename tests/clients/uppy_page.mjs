// uppy_page: what a site's own script does with Uppy; bundled, and run in the browser.

import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';

// Uploads one file to `s3Endpoint` (a bucket's URL), by PUT or in parts; answers what Uppy says.
window.upload = async ({ s3Endpoint, credentials, name, size, parts, signed }) => {
  const uppy = new Uppy({ autoProceed: false });
  const options = signed
    ? { signRequest: async () => signed }
    : { s3Endpoint, region: 'us-east-1',
      getCredentials: async () => ({ credentials, region: 'us-east-1' }) };
  uppy.use(AwsS3, { ...options, shouldUseMultipart: parts, generateObjectKey: () => name,
    getChunkSize: () => 5 * 1024 * 1024 });
  const bytes = new Uint8Array(size).map((_, index) => index % 251);
  uppy.addFile({ name, type: 'text/x-y', data: new Blob([bytes], { type: 'text/x-y' }) });
  const { successful, failed } = await uppy.upload();
  return { successful: successful.map((file) => file.uploadURL),
    failed: failed.map((file) => String(file.error)) };
};

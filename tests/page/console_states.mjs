// console_states: what the fake console is brought to before it is looked at.

const kNames = ['trips/rome/forum.jpg', 'trips/rome/pantheon.jpg', 'avatars/ada.png', 'cat.jpg',
  'menu-2026.webp', 'team/offsite-0412.heic', 'beach.jpg', 'logo.svg', 'trips/rome/tiber.jpg'];

export function fillWork(fake) {
  const { processor, api } = fake;
  Object.assign(processor, { instances: 2, busy: 2, cold_starts: 2 });
  Object.assign(api, { instances: 3, busy: 1, cold_starts: 3 });
  fake.fillSpans();
  processor.invocations = 2_418;
  api.invocations = 2_431;
  fake.s3 = { requests: 21_950, errors: 0 };
  for (let index = 0; index < 24; index += 1) {
    const key = kNames[index % kNames.length];
    const ended = Date.now() - (24 - index) * 900;
    if (index % 3 === 0) {
      fake.ran({ function: 'image-upload-handler', what: 'POST /upload', key: '',
        duration_ms: 9 + index, ended_ms: ended });
    }
    fake.ran({ key, duration_ms: 21 + (index * 37) % 60, ended_ms: ended });
  }
  for (let index = 0; index < 7; index += 1) fake.wait({ key: `burst/IMG_${4410 + index}.jpg` });
  processor.queue.running = 2;
}

export function fillTroubles(fake) {
  fake.ran({ key: 'scan-of-the-deed.tiff', has_failed_picture: true, duration_ms: 41 });
  fake.ran({ key: 'panorama.jpg', has_failed_picture: true, duration_ms: 3 });
  fake.ran({ key: 'hang.gif', error_type: 'Sandbox.Timedout', attempt: 3, duration_ms: 60_004 });
  fake.processor.retries = 2;
  fake.die({ key: 'hang.gif' });
  fake.die({ key: 'archive/1998/negatives-0001.jpg', attempts: 1, condition: 'EventAgeExceeded',
    error: { errorType: 'Function.Unavailable', errorMessage: 'The store does not answer.' } });
  fake.wait({ key: 'later.jpg', attempts: 1,
    due: new Date(Date.now() + 95_000).toISOString() });
  fake.wait({ key: 'old/again.jpg', priority: 'low' });
  fake.processor.queue.low = 1;
  fake.lacks = 'Landlock rules for TCP (Linux 6.7)';
}

// fake_probe: format and dimensions from the first bytes, for the formats the page's test sends.

// → {format, width, height, complete}, or null where the bytes are no picture.
export function probe(bytes) {
  if (bytes.length > 4 && bytes.readUInt32BE(0) === 0x89504e47) return probePng(bytes);
  if (bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8) return probeJpeg(bytes);
  return null;
}

function probePng(bytes) {
  return {
    format: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20),
    complete: bytes.includes('IEND', bytes.length - 16),
  };
}

// Walks the segments up to the frame header (SOF: C0..CF, but for DHT, JPG and DAC).
function probeJpeg(bytes) {
  let offset = 2;
  while (offset + 9 < bytes.length) {
    const marker = bytes[offset + 1];
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      return {
        format: 'jpeg',
        height: bytes.readUInt16BE(offset + 5),
        width: bytes.readUInt16BE(offset + 7),
        complete: bytes.readUInt16BE(bytes.length - 2) === 0xffd9,
      };
    }
    offset += 2 + bytes.readUInt16BE(offset + 2);
  }
  return null;
}

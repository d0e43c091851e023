// thumbhash: the blurred first idea of a picture, from some 25 bytes the API sends in base64.
//
// Source: the ThumbHash format: five header bytes (six with alpha), then 4-bit cosine coefficients
//         of lightness L and the two colour differences P (yellow-blue) and Q (red-green).

const kSide = 32;

// A canvas of at most 32 by 32 pixels, or null where the text is no ThumbHash.
export function makeThumbhashCanvas(text) {
  const bytes = parseBase64(text);
  const hash = bytes && parseHash(bytes);
  if (!hash) return null;
  const ratio = hash.nx / hash.ny;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(ratio > 1 ? kSide : kSide * ratio);
  canvas.height = Math.round(ratio > 1 ? kSide / ratio : kSide);
  const pixels = new ImageData(canvas.width, canvas.height);
  for (let y = 0; y < canvas.height; y += 1) {
    for (let x = 0; x < canvas.width; x += 1) {
      const at = (channel) => sample(channel, (x + 0.5) / canvas.width, (y + 0.5) / canvas.height);
      const color = toRgba(at(hash.l), at(hash.p), at(hash.q), hash.a ? at(hash.a) : 1);
      pixels.data.set(color, (y * canvas.width + x) * 4);
    }
  }
  canvas.getContext('2d').putImageData(pixels, 0, 0);
  return canvas;
}

function parseBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function parseHash(bytes) {
  if (bytes.length < 6) return null;
  const first = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const second = bytes[3] | (bytes[4] << 8);
  const alpha = first >> 23 === 1;
  const landscape = second >> 15 === 1;
  const long = alpha ? 5 : 7;
  const short = second & 7;
  if (short === 0) return null;
  const nibble = makeNibbleReader(bytes, alpha ? 6 : 5);
  const nx = landscape ? long : short;
  const ny = landscape ? short : long;
  // The order of these four is the order of the coefficients in the file.
  const channel = (dc, width, height, scale) => readChannel({ dc, width, height, scale, nibble });
  return {
    nx,
    ny,
    l: channel((first & 63) / 63, Math.max(3, nx), Math.max(3, ny), ((first >> 18) & 31) / 31),
    p: channel(((first >> 6) & 63) / 31.5 - 1, 3, 3, (((second >> 3) & 63) / 63) * 1.25),
    q: channel(((first >> 12) & 63) / 31.5 - 1, 3, 3, (((second >> 9) & 63) / 63) * 1.25),
    a: alpha ? channel((bytes[5] & 15) / 15, 5, 5, (bytes[5] >> 4) / 15) : null,
  };
}

function makeNibbleReader(bytes, start) {
  let index = start * 2;
  return () => {
    const byte = bytes[index >> 1] ?? 0x77;
    const value = index & 1 ? byte >> 4 : byte & 15;
    index += 1;
    return value;
  };
}

// Coefficients fill the triangle under the diagonal, row by row; the mean (0, 0) is `dc`.
function readChannel({ dc, width, height, scale, nibble }) {
  const terms = [];
  for (let v = 0; v < height; v += 1) {
    for (let u = v === 0 ? 1 : 0; u * height < width * (height - v); u += 1) {
      terms.push({ u, v, factor: (nibble() / 7.5 - 1) * scale });
    }
  }
  return { dc, terms };
}

function sample({ dc, terms }, x, y) {
  let sum = dc;
  for (const { u, v, factor } of terms) {
    sum += 2 * factor * Math.cos(Math.PI * u * x) * Math.cos(Math.PI * v * y);
  }
  return sum;
}

// ImageData clamps to 0..255 by itself.
function toRgba(l, p, q, a) {
  const blue = l - (2 / 3) * p;
  const red = (3 * l - blue + q) / 2;
  return [red * 255, (red - q) * 255, blue * 255, a * 255];
}

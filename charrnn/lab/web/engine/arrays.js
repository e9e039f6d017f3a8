/** Arrays from base64: little-endian, each from a multiple of four bytes on. */

const PIECE = 1 << 20;

/** The bytes of base64 text. */
export function bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const made = new Uint8Array(Math.floor((text.length * 3) / 4));
  let end = 0;
  for (let start = 0; start < text.length; start += PIECE) {
    const piece = atob(text.slice(start, start + PIECE));
    for (let i = 0; i < piece.length; i++) made[end++] = piece.charCodeAt(i);
  }
  return made.slice(0, end);
}

/** A float16 as a number. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 25) * (1024 + fraction) : sign * 2 ** -24 * fraction;
}

/**
 * The arrays of a table by name; float16 as float32.
 * @param {{name: string, dtype: string, shape: number[], offset: number}[]} table
 */
export function arrays(table, text) {
  const whole = bytes(text.trim()), made = {};
  let halves = null;
  for (const {name, dtype, shape, offset} of table) {
    const count = shape.reduce((product, n) => product * n, 1);
    const size = {float32: 4, float16: 2, uint32: 4}[dtype];
    if (!size || offset + count * size > whole.byteLength) throw new Error(`${name} is cut short`);
    if (dtype === "float32") made[name] = new Float32Array(whole.buffer, offset, count);
    else if (dtype === "uint32") made[name] = new Uint32Array(whole.buffer, offset, count);
    else {
      halves ??= Float32Array.from({length: 65536}, (_, bits) => half(bits));
      made[name] = Float32Array.from(new Uint16Array(whole.buffer, offset, count), (b) => halves[b]);
    }
  }
  return made;
}

/** Two sums over the words of all bytes, modulo 2^32: the plain one, and one by places. */
export function checksums(text) {
  const whole = bytes(text.trim()), words = new Uint32Array(whole.buffer, 0, whole.byteLength >> 2);
  let plain = 0, placed = 0;
  for (let n = 0; n < words.length; n++) {
    plain = (plain + words[n]) | 0;
    placed = (placed + Math.imul(words[n], n + 1)) | 0;
  }
  return [plain >>> 0, placed >>> 0];
}

/** NumPy's random numbers: SeedSequence and PCG64 (O'Neill 2014), bit for bit. */

const MASK32 = 0xffffffffn, MASK64 = (1n << 64n) - 1n, MASK128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/** The state of a SeedSequence's generator, as so many words of 32 bits (O'Neill's seed_seq_fe). */
function seedWords(seed, count) {
  const entropy = [];
  for (let rest = seed; rest > 0n || !entropy.length; rest >>= 32n) entropy.push(Number(rest & MASK32));
  const pool = [0, 0, 0, 0];
  let constant = 0x43b0d7e5;
  const hashed = (value) => {
    value = (value ^ constant) >>> 0;
    constant = Math.imul(constant, 0x931e8875) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  const mixed = (x, y) => {
    const value = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  for (let i = 0; i < 4; i++) pool[i] = hashed(entropy[i] ?? 0);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mixed(pool[to], hashed(pool[from]));
  }
  for (let from = 4; from < entropy.length; from++) {
    for (let to = 0; to < 4; to++) pool[to] = mixed(pool[to], hashed(entropy[from]));
  }
  constant = 0x8b51f9dd;
  return Array.from({length: count}, (_, n) => {
    let value = (pool[n % 4] ^ constant) >>> 0;
    constant = Math.imul(constant, 0x58f38ded) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  });
}

export class PCG64 {
  /** @param {bigint | number} seed not negative */
  constructor(seed) {
    const words = seedWords(BigInt(seed), 8).map(BigInt);
    const longs = [0, 2, 4, 6].map((n) => words[n] | (words[n + 1] << 32n));
    this.increment = (((longs[2] << 64n) | longs[3]) << 1n | 1n) & MASK128;
    this.state = 0n;
    this.advance();
    this.state = (this.state + ((longs[0] << 64n) | longs[1])) & MASK128;
    this.advance();
  }

  advance() {
    this.state = (this.state * MULTIPLIER + this.increment) & MASK128;
  }

  /** 64 random bits: the halves of the state xored, turned by its highest six bits. */
  next() {
    this.advance();
    const value = (this.state >> 64n) ^ (this.state & MASK64), turn = this.state >> 122n;
    return ((value >> turn) | (value << ((64n - turn) & 63n))) & MASK64;
  }

  /** A number from 0 up to but not 1, of 53 bits. */
  random() {
    return Number(this.next() >> 11n) / 2 ** 53;
  }
}

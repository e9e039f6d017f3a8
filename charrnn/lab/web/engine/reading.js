/** A text that is being read: states and gates after each character, and its surprise. */

export const LONGEST = 4000;
const MEMORY = 64 * 2 ** 20;

export class Reading {
  /** @param {Network} network @param {object} vocabulary */
  constructor(network, vocabulary) {
    this.network = network;
    this.vocabulary = vocabulary;
    const width = 4 * (network.stateSize + network.gatesSize);
    /** How many characters are kept at most: of a large network fewer. */
    this.limit = Math.max(64, Math.min(LONGEST, Math.floor(MEMORY / width)));
    this.points = [];
    this.states = [];
    this.gates = [];
    this.bits = [];
    this.unknown = [];
    this.done = 0;
    this.zero = new Float32Array(network.stateSize);
    this.first = network.predict(this.zero);
  }

  /** Take another text, as code points: what comes before the first change is kept. */
  take(points) {
    const next = points.slice(0, this.limit);
    let same = 0;
    while (same < Math.min(this.done, next.length) && next[same] === this.points[same]) same++;
    this.points = next;
    this.forget(same);
  }

  /** Forget what was computed from character t on. */
  forget(t = 0) {
    this.done = Math.min(this.done, t);
    for (const kept of [this.states, this.gates, this.bits, this.unknown]) kept.length = this.done;
    this.last = null;
  }

  get finished() {
    return this.done === this.points.length;
  }

  /** The states before character t, (L, S, H). */
  before(t) {
    return t > 0 ? this.states[t - 1] : this.zero;
  }

  /** log y_hat after character t; before the first, of a state of zeros. */
  predictionAfter(t) {
    if (t < 0) return this.first;
    if (this.last?.t !== t) this.last = {t, log_p: this.network.predict(this.states[t])};
    return this.last.log_p;
  }

  /** Read one more character; one that is unknown is skipped: the state stays as it was. */
  readOne() {
    const t = this.done, {network} = this;
    let before = this.before(t), gates = t ? this.gates[t - 1] : new Float32Array(network.gatesSize);
    let log_p = this.predictionAfter(t - 1), bits = 0;
    const ids = this.vocabulary.ids(this.points[t]);
    for (const id of ids) {
      const after = new Float32Array(network.stateSize);
      gates = new Float32Array(network.gatesSize);
      bits -= log_p[id] / Math.LN2;
      network.step(id, before, after, gates, t);
      log_p = network.predict(after);
      before = after;
    }
    this.states[t] = before;
    this.gates[t] = gates;
    this.bits[t] = t && ids.length ? bits : NaN;
    this.unknown[t] = !ids.length;
    this.last = {t, log_p};
    this.done++;
  }

  /** Read for some milliseconds; returns whether the text is read to its end. */
  readFor(milliseconds) {
    const end = performance.now() + milliseconds;
    while (!this.finished) {
      this.readOne();
      if (performance.now() > end) break;
    }
    return this.finished;
  }

  /** A unit's value after character t. */
  value(kind, layer, unit, t) {
    const rows = this.network.states.includes(kind) ? this.states : this.gates;
    return rows[t][this.network.place(kind, layer, unit)];
  }

  /** A unit's values over the text as far as it is read. */
  series(kind, layer, unit) {
    const place = this.network.place(kind, layer, unit);
    const rows = this.network.states.includes(kind) ? this.states : this.gates;
    return Float32Array.from(rows, (row) => row[place]);
  }

  /** The id that character t was last read as, or -1. */
  idAt(t) {
    return this.vocabulary.ids(this.points[t]).at(-1) ?? -1;
  }

  /** The mean surprise from the second character on, in bits. */
  get meanBits() {
    const known = this.bits.filter((bits) => !Number.isNaN(bits));
    return known.reduce((sum, bits) => sum + bits, 0) / known.length;
  }
}

/** What is chosen, and what is read: every part of the page draws from here. */
import {AS_IT_IS} from "./engine/choosing.js";
import {Network} from "./engine/network.js";
import {Reading} from "./engine/reading.js";
import {symbol, Vocabulary} from "./engine/vocabulary.js";

const SLICE = 8;

export class Lab {
  /** @param {{described: object, params: object}[]} models */
  constructor(models) {
    this.models = models.map(({described, params}) => {
      const network = new Network(described, params);
      const vocabulary = new Vocabulary(described.vocabulary);
      return {described, network, vocabulary, reading: new Reading(network, vocabulary)};
    });
    Object.assign(this, {
      m: 0, t: -1, layer: 0, unit: 0, kind: "a", paint: "bits", panel: "state", version: 0,
      settings: {...AS_IT_IS}, seed: 1, points: [], bitsBefore: NaN, ownBits: null, parts: [], leaveOut: false,
    });
  }

  get model() {
    return this.models[this.m];
  }

  get network() {
    return this.model.network;
  }

  get reading() {
    return this.model.reading;
  }

  /** Change choices, and draw in the next frame. */
  set(changes) {
    Object.assign(this, changes);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const part of this.parts) part.draw();
    });
  }

  /** Read another text, from the first change on; the rest follows between frames. */
  read(points, t) {
    this.points = points;
    this.version++;
    this.reading.take(points);
    this.set({t: Math.min(t, this.reading.points.length - 1)});
    this.reading.readFor(SLICE);
    this.goOn();
  }

  goOn() {
    clearTimeout(this.timer);
    if (this.reading.finished) {
      if (!this.network.isChanged) {
        this.bitsBefore = this.reading.meanBits;
        this.ownBits = {points: this.points, bits: this.reading.bits.slice()};
      }
      return this.set({});
    }
    this.timer = setTimeout(() => {
      this.reading.readFor(SLICE);
      this.set({});
      this.goOn();
    });
  }

  /** Take another model, which reads the same text. */
  take(m) {
    const model = this.models[m], {network} = model;
    this.m = m;
    this.layer = Math.min(this.layer, network.L - 1);
    this.unit = Math.min(this.unit, network.H - 1);
    if (!network.kinds.includes(this.kind)) this.kind = "a";
    this.settings.top_k = Math.min(this.settings.top_k, network.V);
    this.read(this.points, this.t);
  }

  /** Choose another character, and show it. */
  choose(t) {
    this.set({t});
    this.sheet.select(t);
    this.sheet.reveal(t);
  }

  /** Choose the unit after or before. */
  step(by) {
    const {L, H} = this.network, n = (this.layer * H + this.unit + by + L * H) % (L * H);
    this.set({layer: Math.floor(n / H), unit: n % H});
  }

  /** Hold units at values, and read the text again. */
  hold(held) {
    this.network.held = held;
    this.again();
  }

  /** Force gates to values, and read the text again. */
  force(forced) {
    this.network.forced = forced;
    this.again();
  }

  /** Read the text again from its first character. */
  again() {
    this.version++;
    this.reading.forget();
    this.set({});
    this.goOn();
  }

  /** Type characters at the caret. */
  type(points) {
    this.sheet.type(points.map((point) => String.fromCodePoint(point)).join(""));
  }

  /** log y_hat after t, or null while the text is not read so far. */
  prediction() {
    return this.t < this.reading.done ? this.reading.predictionAfter(this.t) : null;
  }

  symbolOf(point) {
    return symbol(point);
  }

  symbolAt(t) {
    return symbol(this.reading.points[t]);
  }

  /** The characters up to and with t, as symbols with spaces. */
  context(t, n) {
    return this.reading.points.slice(Math.max(0, t - n + 1), t + 1)
      .map((point) => (point === 32 ? " " : symbol(point))).join("");
  }

  /** Levels from −4 to 4 and the range of what the text is painted by. */
  value(t) {
    return this.reading.value(this.kind, this.layer, this.unit, t);
  }
}

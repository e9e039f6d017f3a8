/** P4: one unit: what it does over the text, what drives it, what it pushes; and held at a value. */
import {digits, fill, h, say, table} from "../dom.js";

const BINS = 20, EXTREMES = 4, MOST = 5;

export class Unit {
  constructor(lab) {
    this.lab = lab;
    this.title = h("h3", {});
    this.facts = h("p", {className: "lead"});
    this.bars = h("div", {className: "histogram", role: "img"});
    this.lists = h("div", {className: "columns"});
    this.value = h("input", {type: "range", min: -1, max: 1, step: 0.05, value: 0,
      "aria-label": "Value to hold the unit at", oninput: () => this.hold()});
    this.said = h("output", {}, "0");
    this.held = h("button", {type: "button", "aria-pressed": "false",
      onclick: () => this.toggle()}, "Hold at");
    this.effect = h("p", {className: "quiet", role: "status"});
    this.element = h("div", {},
      h("div", {className: "row"}, this.title,
        h("button", {type: "button", onclick: () => lab.step(-1)}, "◀ unit"),
        h("button", {type: "button", onclick: () => lab.step(1)}, "unit ▶"),
        h("button", {type: "button", onclick: () => lab.set({paint: "unit"})}, "Paint the text")),
      this.facts, this.bars,
      h("p", {className: "axis quiet"}, h("span", {}, "−1"), h("span", {}, "0"), h("span", {}, "1")),
      h("fieldset", {}, h("legend", {}, "Take it out of the network"),
        h("div", {className: "row"}, this.held, this.value, this.said),
        this.effect),
      this.lists);
  }

  get isHeld() {
    const {network, layer, unit} = this.lab;
    return network.held.some((one) => one.layer === layer && one.unit === unit);
  }

  toggle() {
    if (this.isHeld) this.lab.hold([]);
    else this.hold(true);
  }

  hold(begin = false) {
    const {lab} = this, value = Number(this.value.value);
    say(this.said, digits(value, 2));
    if (begin || this.isHeld) {
      lab.hold([{layer: lab.layer, unit: lab.unit, kind: "a", value}]);
    }
  }

  draw() {
    const {lab} = this, {reading, network, layer, unit} = lab, T = reading.done;
    say(this.title, `Unit ${layer}:${unit}`);
    this.held.setAttribute("aria-pressed", String(this.isHeld));
    say(this.held, this.isHeld ? "Held at" : "Hold at");
    this.drawEffect();
    const key = `${lab.m} ${layer} ${unit} ${lab.version} ${reading.finished}`;
    if (this.key === key || !T) return;
    this.key = key;
    const values = reading.series("a", layer, unit);
    const mean = values.reduce((sum, value) => sum + value, 0) / T;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / T);
    let said = `Over ${T} characters a is ${digits(mean, 2)} on average, give or take ` +
      `${digits(sd, 2)}; after t it is ${digits(lab.t >= 0 ? values[lab.t] ?? NaN : 0)}.`;
    const gate = {lstm: "f", gru: "u"}[network.cell];
    if (gate) {
      const kept = reading.series(gate, layer, unit).reduce((sum, value) => sum + value, 0) / T;
      said += ` It keeps ${digits(kept, 2)} of its memory a step (mean of ${gate}): ` +
        `half is gone after ${digits(Math.log(0.5) / Math.log(Math.min(kept, 0.9999)), 1)} characters.`;
    }
    say(this.facts, said);
    this.drawHistogram(values);
    this.drawLists(values);
  }

  drawEffect() {
    const {lab} = this, {reading} = lab;
    if (!this.isHeld) {
      say(this.effect, lab.network.isChanged
        ? "Another unit is held or a gate forced."
        : "The text is read again with this unit at one value: does the network miss it?");
      return;
    }
    if (!reading.finished) return say(this.effect, "reading again …");
    say(this.effect, `${digits(reading.meanBits, 3)} bits a character with the unit held, ` +
      `${digits(lab.bitsBefore, 3)} without: it costs ` +
      `${digits(reading.meanBits - lab.bitsBefore, 3)}. The page shows the changed network.`);
  }

  drawHistogram(values) {
    const counts = new Array(BINS).fill(0);
    for (const value of values) {
      counts[Math.max(0, Math.min(BINS - 1, Math.floor(((value + 1) / 2) * BINS)))]++;
    }
    const most = Math.max(...counts);
    fill(this.bars, counts.map((count, n) => {
      const bar = h("span", {className: n < BINS / 2 ? "low" : "high"});
      bar.style.height = `${(count / most) * 100}%`;
      return bar;
    }));
    this.bars.setAttribute("aria-label", `Histogram of a from −1 to 1: ${counts.join(", ")}`);
  }

  drawLists(values) {
    const {lab} = this, {reading, network, layer, unit} = lab, {vocabulary} = lab.model;
    const ranked = Array.from(values, (value, t) => [value, t]);
    const ends = (sign) => ranked.slice()
      .sort((one, other) => sign * (other[0] - one[0])).slice(0, EXTREMES);
    const place = ([value, t]) => h("button", {type: "button", className: "place",
      onclick: () => lab.choose(t)}, h("code", {}, lab.context(t, 18)),
    h("span", {}, digits(value, 2)));
    const moves = new Map();
    for (let t = 0; t < values.length; t++) {
      const one = moves.get(reading.points[t]) ?? {n: 0, sum: 0};
      moves.set(reading.points[t], one);
      one.n++;
      one.sum += values[t] - (t ? values[t - 1] : 0);
    }
    const changes = [...moves].map(([point, {n, sum}]) => [lab.symbolOf(point), sum / n, n])
      .sort((one, other) => Math.abs(other[1]) - Math.abs(one[1])).slice(0, MOST + 1);
    const blocks = [
      h("div", {}, h("h4", {}, "Where it is highest"), ends(1).map(place)),
      h("div", {}, h("h4", {}, "Where it is lowest"), ends(-1).map(place)),
      table("Change on reading a character", ["character", "mean change", "times"],
        changes.map(([said, change, n]) => [said, digits(change), String(n)])),
      table("Which units drive it", ["unit", "weight", "weight × spread"], this.drivers()),
    ];
    if (layer === network.L - 1) {
      const row = Array.from(
        network.params.W_ya.subarray(unit * network.V, (unit + 1) * network.V),
        (weight, id) => [vocabulary.symbol(id), weight],
      ).sort((one, other) => Math.abs(other[1]) - Math.abs(one[1])).slice(0, MOST + 1);
      blocks.push(table("What it pushes when it is above 0", ["character", "score"],
        row.map(([said, weight]) => [said, `${weight > 0 ? "+" : ""}${digits(weight)}`])));
    }
    fill(this.lists, blocks);
  }

  /** Units whose a(t-1) moves this one's candidate most: largest |W_aa| × standard deviation. */
  drivers() {
    const {reading, network, layer, unit} = this.lab, {H, G} = network;
    const gate = G - 1, W_aa = network.params[`W_aa_${layer}`];
    const start = network.place("a", layer, 0), T = reading.done;
    const found = [];
    for (let i = 0; i < H; i++) {
      let sum = 0, squares = 0;
      for (const state of reading.states) {
        sum += state[start + i];
        squares += state[start + i] ** 2;
      }
      const sd = Math.sqrt(Math.max(0, squares / T - (sum / T) ** 2));
      const weight = W_aa[i * G * H + gate * H + unit];
      found.push([`${layer}:${i}`, weight, weight * sd]);
    }
    return found.sort((one, other) => Math.abs(other[2]) - Math.abs(one[2])).slice(0, MOST)
      .map(([name, weight, effect]) => [name, digits(weight), digits(effect)]);
  }
}

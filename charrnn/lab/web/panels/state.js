/** P3: the state over the text as a heat map, the state at t as a square, and places like it. */
import {digits, fill, h, prepare, say, table} from "../dom.js";
import {colour, level, palette, RANGE} from "../drawing/colours.js";
import {Twin} from "./twin.js";

const COLUMN = 12, TALLEST = 520, NAMES = 20, APART = 20, COLUMNS_OF_TABLE = 8;

export class State {
  constructor(lab) {
    this.lab = lab;
    this.rowsBy = "index";
    this.map = h("canvas", {className: "map", role: "img",
      onclick: (event) => this.choose(event)});
    this.square = h("canvas", {className: "square", role: "img",
      onclick: (event) => this.chooseSquare(event)});
    this.strips = h("canvas", {className: "strips", role: "img"});
    this.kinds = h("div", {className: "segments", role: "group", "aria-label": "What is drawn"});
    this.order = h("select", {"aria-label": "Order of the units", onchange: () => {
      this.rowsBy = this.order.value;
      lab.set({});
    }}, h("option", {value: "index"}, "by index"), h("option", {value: "variance"}, "by variance"));
    this.caption = h("p", {className: "quiet"});
    this.alike = h("div", {className: "alike"});
    this.twin = new Twin(lab, "Table of the state");
    this.mapRoom = h("div", {className: "map-room"}, this.map, this.strips);
    this.element = h("div", {},
      h("p", {className: "lead"},
        "Each column is the hidden state after one character: every unit's value, blue below " +
        "zero, orange above. Click a cell to choose its character and unit."),
      h("div", {className: "row"}, this.kinds, this.order,
        h("button", {type: "button", onclick: () => this.shift(-1)}, "◀ text"),
        h("button", {type: "button", onclick: () => this.shift(1)}, "text ▶")),
      this.mapRoom, this.caption,
      h("div", {className: "pair"},
        h("figure", {}, this.square, this.squareSays = h("figcaption", {className: "quiet"})),
        h("div", {}, h("h3", {}, "Another place like this"), this.alike)),
      this.twin.element);
  }

  shift(by) {
    const {lab} = this;
    lab.choose(Math.max(0, Math.min(lab.reading.done - 1, lab.t + by * (this.columns >> 1))));
  }

  choose(event) {
    const box = this.map.getBoundingClientRect(), {lab} = this;
    const t = this.start + Math.floor((event.clientX - box.left) / COLUMN);
    const row = Math.floor((event.clientY - box.top - NAMES) / this.tall);
    if (t >= 0 && t < lab.reading.done) lab.choose(t);
    if (row >= 0 && row < this.units.length) lab.set({unit: this.units[row], paint: "unit"});
  }

  chooseSquare(event) {
    const box = this.square.getBoundingClientRect(), n = this.side;
    const size = box.width / n;
    const unit = Math.floor((event.clientY - box.top) / size) * n +
      Math.floor((event.clientX - box.left) / size);
    if (unit < this.lab.network.H) this.lab.set({unit, paint: "unit"});
  }

  draw() {
    const {lab} = this, {network, reading} = lab, {layer, kind} = lab, {H} = network;
    this.drawKinds();
    const T = reading.done, width = this.mapRoom.clientWidth;
    this.columns = Math.max(8, Math.floor(width / COLUMN));
    if (lab.t < this.start || lab.t >= this.start + this.columns || this.start === undefined ||
        this.start > Math.max(0, T - this.columns)) {
      this.start = Math.max(0, Math.min(T - this.columns, lab.t - (this.columns >> 1)));
    }
    const shown = Math.max(0, Math.min(this.columns, T - this.start));
    this.units = this.ordered();
    this.tall = Math.max(1, Math.min(16, Math.floor(TALLEST / H)));
    const colours = palette(), by = 1 / (RANGE[kind] ?? 1);
    const context = prepare(this.map, this.columns * COLUMN, NAMES + this.tall * H);
    context.font = "13px ui-monospace, monospace";
    context.textAlign = "center";
    const shades = Uint32Array.from({length: 9}, (_, n) => pixel(colour(colours, n - 4)));
    const picture = new Uint32Array(this.columns * H);
    for (let n = 0; n < shown; n++) {
      const t = this.start + n, values = this.values(t);
      context.fillStyle = t === lab.t ? colours.ink : colours.line;
      context.fillText(Array.from(lab.symbolAt(t))[0], n * COLUMN + COLUMN / 2, 14);
      for (let row = 0; row < H; row++) {
        picture[row * this.columns + n] = shades[level(values(this.units[row]) * by) + 4];
      }
    }
    this.enlarge(context, picture, H);
    const row = this.units.indexOf(lab.unit), x = (lab.t - this.start) * COLUMN;
    context.strokeStyle = colours.mark;
    context.lineWidth = 1.5;
    if (lab.t >= 0) context.strokeRect(x, NAMES, COLUMN, this.tall * H);
    context.strokeRect(0.75, NAMES + row * this.tall - 1, shown * COLUMN - 1.5, this.tall + 2);
    const name = `${kind}, ${network.H} units of layer ${layer}, characters ${this.start} to ` +
      `${this.start + shown - 1} of ${T}`;
    this.map.setAttribute("aria-label", `Heat map of ${name}`);
    say(this.caption, `${name}. Five steps either way, from −${1 / by} to ${1 / by}; ` +
      `row: unit ${layer}:${lab.unit}. Below: surprise in bits, how far the state moves, ` +
      "share of units beyond ±0.9.");
    this.drawStrips(shown, colours);
    this.drawSquare(colours);
    this.drawAlike();
    if (this.twin.isOpen) this.drawTable();
  }

  /** Draw a picture with one pixel a cell, each as large as a cell is. */
  enlarge(context, picture, rows) {
    this.small ??= document.createElement("canvas");
    Object.assign(this.small, {width: this.columns, height: rows});
    const data = new ImageData(new Uint8ClampedArray(picture.buffer), this.columns, rows);
    this.small.getContext("2d").putImageData(data, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, 0, NAMES, this.columns * COLUMN, this.tall * rows);
  }

  drawKinds() {
    const {lab} = this, {network} = lab, words = lab.model.described.words;
    for (const button of this.kinds.children) {
      button.setAttribute("aria-pressed", String(button.textContent === lab.kind));
    }
    if (this.drawn === lab.m) return;
    this.drawn = lab.m;
    fill(this.kinds, network.kinds.map((kind) => h("button", {
      type: "button", "aria-pressed": String(kind === lab.kind), title: words[kind] ?? kind,
      "aria-label": `${kind}, ${words[kind] ?? "state"}`, onclick: () => lab.set({kind}),
    }, kind)));
  }

  /** The value of each unit after character t, as a function. */
  values(t) {
    const {network, reading, layer, kind} = this.lab, start = network.place(kind, layer, 0);
    const row = (network.states.includes(kind) ? reading.states : reading.gates)[t];
    return (unit) => row[start + unit];
  }

  ordered() {
    const {network, reading, layer, kind, version} = this.lab;
    const key = `${this.lab.m} ${layer} ${kind} ${this.rowsBy} ` +
      `${this.rowsBy === "variance" ? `${version} ${reading.done}` : ""}`;
    if (this.orderKey === key) return this.units;
    this.orderKey = key;
    const units = Array.from({length: network.H}, (_, unit) => unit);
    if (this.rowsBy === "index") return units;
    const spread = units.map((unit) => deviation(reading.series(kind, layer, unit)));
    return units.sort((i, j) => spread[j] - spread[i] || i - j);
  }

  drawStrips(shown, colours) {
    const {lab} = this, {reading, network, layer} = lab, tall = 26;
    const context = prepare(this.strips, this.columns * COLUMN, 3 * tall);
    const place = network.place("a", layer, 0);
    for (let n = 0; n < shown; n++) {
      const t = this.start + n, after = reading.states[t], before = reading.before(t);
      let moved = 0, far = 0;
      for (let j = place; j < place + network.H; j++) {
        moved += (after[j] - before[j]) ** 2;
        far += Math.abs(after[j]) > 0.9 ? 1 : 0;
      }
      const shares = [(reading.bits[t] || 0) / 8, Math.sqrt(moved / network.H), far / network.H];
      shares.forEach((share, row) => {
        const high = Math.max(1, Math.min(1, share) * (tall - 5));
        context.fillStyle = t === lab.t ? colours.ink : colours.line;
        context.fillRect(n * COLUMN + 1, (row + 1) * tall - high, COLUMN - 2, high);
      });
    }
    this.strips.setAttribute("aria-label",
      `Bars: surprise up to 8 bits, root mean square change up to 1, and share beyond 0.9; at t ` +
      `the surprise is ${digits(reading.bits[lab.t] ?? NaN, 2)} bits`);
  }

  drawSquare(colours) {
    const {lab} = this, {network, kind} = lab;
    this.side = Math.ceil(Math.sqrt(network.H));
    const size = Math.max(4, Math.floor(208 / this.side)), by = 1 / (RANGE[kind] ?? 1);
    const context = prepare(this.square, this.side * size, this.side * size);
    if (lab.t < 0 || lab.t >= lab.reading.done) return;
    const values = this.values(lab.t);
    for (let unit = 0; unit < network.H; unit++) {
      const [x, y] = [(unit % this.side) * size, Math.floor(unit / this.side) * size];
      context.fillStyle = colour(colours, level(values(unit) * by));
      context.fillRect(x, y, size - 1, size - 1);
      if (unit === lab.unit) {
        context.strokeStyle = colours.mark;
        context.lineWidth = 2;
        context.strokeRect(x, y, size - 1, size - 1);
      }
    }
    say(this.squareSays, `${kind}(t) after “${lab.symbolAt(lab.t)}”: unit ${lab.layer}:${lab.unit} ` +
      `is ${digits(values(lab.unit))}`);
    this.square.setAttribute("aria-label", `All units of layer ${lab.layer} at t as a square`);
  }

  drawAlike() {
    const {lab} = this, {reading, network, layer} = lab, T = reading.done;
    const key = `${lab.m} ${layer} ${lab.t} ${lab.version} ${reading.finished}`;
    if (this.alikeKey === key || lab.t < 0 || lab.t >= T) return;
    this.alikeKey = key;
    const start = network.place("a", layer, 0), here = reading.states[lab.t];
    const product = (a, b) => {
      let sum = 0;
      for (let j = start; j < start + network.H; j++) sum += a[j] * b[j];
      return sum;
    };
    const own = Math.sqrt(product(here, here)) || 1;
    const all = [];
    for (let t = 0; t < T; t++) {
      const there = reading.states[t], size = Math.sqrt(product(there, there)) || 1;
      if (Math.abs(t - lab.t) >= APART) all.push([product(here, there) / own / size, t]);
    }
    const found = [];
    for (const [cosine, t] of all.sort((one, other) => other[0] - one[0])) {
      if (found.every(([, other]) => Math.abs(other - t) >= APART)) found.push([cosine, t]);
      if (found.length === 4) break;
    }
    fill(this.alike, found.length
      ? found.map(([cosine, t]) => h("button", {type: "button", className: "place",
        onclick: () => lab.choose(t)},
      h("code", {}, lab.context(t, 22)), h("span", {}, `cosine ${digits(cosine, 2)}`)))
      : h("p", {className: "quiet"}, `The text is shorter than ${APART} characters.`));
  }

  drawTable() {
    const {lab} = this, {reading} = lab;
    const from = Math.max(0, Math.min(reading.done - COLUMNS_OF_TABLE, lab.t - 3));
    const to = Math.min(reading.done, from + COLUMNS_OF_TABLE);
    const places = Array.from({length: to - from}, (_, n) => from + n);
    this.twin.fill(table(`${lab.kind} after characters ${from} to ${to - 1}`,
      ["unit", ...places.map((t) => `${t} ${lab.symbolAt(t)}`)],
      this.twin.paged(this.units).map((unit) =>
        [`${lab.layer}:${unit}`, ...places.map((t) => digits(this.values(t)(unit)))])));
  }
}

/** A colour #rrggbb as the word of a little-endian pixel. */
function pixel(written) {
  const [red, green, blue] = [1, 3, 5].map((n) => parseInt(written.slice(n, n + 2), 16));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function deviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** P8: the gates of one unit over the text, how often each is shut or open, and one forced. */
import {digits, fill, h, percent, prepare, say, table} from "../dom.js";
import {palette, RANGE} from "../drawing/colours.js";
import {Twin} from "./twin.js";

const COLUMN = 12, TALL = 34, NAMES = 20, LABEL = 20, SIDE = 224, MARGIN = 14, PRESS = 10;
const COLUMNS_OF_TABLE = 8;

/** Values below which a gate counts as shut, and above which as open. */
const SHUT = 0.1, OPEN = 0.9;

/** Over some values of a gate: its mean, and the shares of them that are shut and open. */
export function shares(values) {
  let sum = 0, shut = 0, open = 0;
  for (const value of values) {
    sum += value;
    if (value < SHUT) shut++;
    if (value > OPEN) open++;
  }
  return {mean: sum / values.length, shut: shut / values.length, open: open / values.length};
}

export class Gates {
  constructor(lab) {
    this.lab = lab;
    this.lead = h("p", {className: "lead"});
    this.strips = h("canvas", {className: "map", role: "img", onclick: (event) => {
      const box = this.strips.getBoundingClientRect();
      const t = this.start + Math.floor((event.clientX - box.left - LABEL) / COLUMN);
      if (t >= this.start && t < lab.reading.done) lab.choose(t);
    }});
    this.room = h("div", {className: "map-room"}, this.strips);
    this.caption = h("p", {className: "quiet"});
    this.gate = h("select", {"aria-label": "Gate", onchange: () => lab.set({})});
    this.scatter = h("canvas", {className: "square", role: "img",
      onclick: (event) => this.chooseUnit(event)});
    this.scatterSays = h("figcaption", {className: "quiet"});
    this.to = h("select", {"aria-label": "Value to force it to"},
      h("option", {value: "0"}, "0, shut"), h("option", {value: "1"}, "1, open"),
      h("option", {value: "mean"}, "its mean over the text"));
    this.whom = h("select", {"aria-label": "Units"},
      h("option", {value: "unit"}, "this unit"), h("option", {value: "layer"}, "all of its layer"));
    this.from = h("select", {"aria-label": "From where"},
      h("option", {value: "0"}, "over the whole text"), h("option", {value: "t"}, "from t on"));
    this.go = h("button", {type: "button", "aria-pressed": "false", onclick: () => this.toggle()},
      "Force");
    this.effect = h("p", {className: "quiet", role: "status"});
    this.twin = new Twin(lab, "Tables of the gates");
    this.gated = h("div", {}, this.room, this.caption,
      h("div", {className: "row"}, h("label", {}, "gate ", this.gate)),
      h("div", {className: "pair gates"},
        h("figure", {}, this.scatter, this.scatterSays),
        h("fieldset", {}, h("legend", {}, "Force this gate"),
          h("div", {className: "row"}, h("label", {}, "to ", this.to),
            h("label", {}, "of ", this.whom), this.from, this.go),
          this.effect)),
      this.twin.element);
    this.element = h("div", {}, this.lead, this.gated);
  }

  /** The gates under σ, which can be shut or open; a candidate cannot. */
  get sigmoids() {
    return this.lab.network.gates.slice(0, -1);
  }

  toggle() {
    const {lab} = this, {network, reading, layer} = lab, gate = this.gate.value;
    if (network.forced.length) return lab.force([]);
    if (!reading.finished || !reading.done) return;
    const values = new Float64Array(network.H).fill(NaN);
    for (let unit = 0; unit < network.H; unit++) {
      if (this.whom.value === "unit" && unit !== lab.unit) continue;
      values[unit] = this.to.value === "mean"
        ? shares(reading.series(gate, layer, unit)).mean : Number(this.to.value);
    }
    const from = this.from.value === "t" ? Math.max(0, lab.t) : 0;
    const to = {0: "0", 1: "1", mean: "its mean"}[this.to.value];
    const whom = this.whom.value === "unit"
      ? `unit ${layer}:${lab.unit}` : `all ${network.H} units of layer ${layer}`;
    lab.force([{layer, gate, from, values, said: `${gate} of ${whom} is ${to} from t = ${from} on`}]);
  }

  draw() {
    const {lab} = this, {network, reading} = lab, words = lab.model.described.words;
    const hasGates = network.gates.length > 0;
    this.gated.hidden = !hasGates;
    if (!hasGates) {
      return say(this.lead, "A simple recurrent network has no gates: each step writes over its " +
        "whole state. State and Unit show that; an LSTM or a GRU has gates to look at here.");
    }
    say(this.lead, network.cell === "lstm"
      ? "i decides what is written to the memory c, f what is kept of it, o what is told of it. " +
        "Where c stays and a does not, o is shut."
      : "u decides what is kept of the state (1 keeps, 0 replaces it by n), r how much of the " +
        "state before n hears.");
    if (this.drawn !== lab.m) {
      this.drawn = lab.m;
      const first = {lstm: "f", gru: "u"}[network.cell];
      fill(this.gate, this.sigmoids.map((gate) => h("option", {value: gate}, `${gate}, ${words[gate]}`)));
      this.gate.value = first;
    }
    const colours = palette();
    this.drawStrips(colours);
    if (reading.done) this.drawScatter(colours);
    this.drawEffect();
    if (this.twin.isOpen && reading.done) this.drawTable();
  }

  drawStrips(colours) {
    const {lab} = this, {network, reading, layer, unit} = lab, T = reading.done;
    const kinds = [...network.gates, ...network.states.toReversed()];
    this.columns = Math.max(8, Math.floor((this.room.clientWidth - LABEL) / COLUMN));
    this.start = Math.max(0, Math.min(T - this.columns, lab.t - (this.columns >> 1)));
    const shown = Math.max(0, Math.min(this.columns, T - this.start));
    const context = prepare(this.strips, LABEL + this.columns * COLUMN, NAMES + TALL * kinds.length);
    context.font = "13px ui-monospace, monospace";
    kinds.forEach((kind, row) => {
      const isShare = this.sigmoids.includes(kind), bottom = NAMES + (row + 1) * TALL - 4;
      const tall = TALL - 8, zero = isShare ? bottom : bottom - tall / 2;
      context.textAlign = "left";
      context.fillStyle = colours.ink;
      context.fillText(kind, 2, bottom - tall / 2 + 4);
      context.fillStyle = colours.zero;
      context.fillRect(LABEL, bottom - tall, shown * COLUMN, tall);
      for (let n = 0; n < shown; n++) {
        const value = reading.value(kind, layer, unit, this.start + n) / (RANGE[kind] ?? 1);
        const high = Math.max(-1, Math.min(1, value)) * (isShare ? tall : tall / 2);
        context.fillStyle = value < 0 ? colours.low[3] : colours.high[3];
        context.fillRect(LABEL + n * COLUMN + 1, zero - Math.max(0, high), COLUMN - 2, Math.abs(high));
      }
      context.fillStyle = colours.line;
      context.fillRect(LABEL, zero, shown * COLUMN, 1);
    });
    context.textAlign = "center";
    for (let n = 0; n < shown; n++) {
      context.fillStyle = this.start + n === lab.t ? colours.ink : colours.line;
      context.fillText(Array.from(lab.symbolAt(this.start + n))[0], LABEL + (n + 0.5) * COLUMN, 14);
    }
    if (lab.t >= 0 && lab.t < T) {
      context.strokeStyle = colours.mark;
      context.lineWidth = 1.5;
      context.strokeRect(LABEL + (lab.t - this.start) * COLUMN, NAMES, COLUMN, TALL * kinds.length);
    }
    const at = lab.t >= 0 && lab.t < T
      ? kinds.map((kind) => `${kind} ${digits(reading.value(kind, layer, unit, lab.t), 2)}`).join(", ")
      : "no character chosen";
    say(this.caption, `Unit ${layer}:${unit}, characters ${this.start} to ${this.start + shown - 1} ` +
      `of ${T}. ${this.sigmoids.join(", ")} from 0 to 1; the others either way from 0` +
      `${network.states.includes("c") ? `, c to ±${RANGE.c}` : ""}. At t: ${at}.`);
    this.strips.setAttribute("aria-label", `Bars of the gates of unit ${layer}:${unit}; at t: ${at}`);
  }

  /** The shares of each unit of the layer for the chosen gate; kept until something changes. */
  ofUnits() {
    const {lab} = this, {network, reading, layer} = lab, gate = this.gate.value;
    const key = `${lab.m} ${layer} ${gate} ${lab.version} ${reading.done}`;
    if (this.key !== key) {
      this.key = key;
      this.found = Array.from({length: network.H}, (_, unit) =>
        shares(reading.series(gate, layer, unit)));
    }
    return this.found;
  }

  /** Where a unit stands in the scatter, in pixels: shut to the right, open upwards. */
  spot({shut, open}) {
    const room = SIDE - 2 * MARGIN;
    return [MARGIN + shut * room, SIDE - MARGIN - open * room];
  }

  drawScatter(colours) {
    const {lab} = this, found = this.ofUnits(), gate = this.gate.value;
    const context = prepare(this.scatter, SIDE, SIDE);
    context.strokeStyle = colours.line;
    context.strokeRect(MARGIN, MARGIN, SIDE - 2 * MARGIN, SIDE - 2 * MARGIN);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = colours.ink;
    context.fillText("open ↑", MARGIN + 4, MARGIN + 14);
    context.textAlign = "right";
    context.fillText("shut →", SIDE - MARGIN - 4, SIDE - MARGIN - 5);
    context.textAlign = "left";
    for (const one of found) {
      const [x, y] = this.spot(one);
      context.beginPath();
      context.arc(x, y, 3, 0, 2 * Math.PI);
      context.fillStyle = colours.low[3];
      context.fill();
    }
    const own = found[lab.unit], [x, y] = this.spot(own);
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.strokeStyle = colours.mark;
    context.lineWidth = 2;
    context.stroke();
    const said = `${gate} of unit ${lab.layer}:${lab.unit}: shut (below ${SHUT}) ${percent(own.shut)} ` +
      `of the time, open (above ${OPEN}) ${percent(own.open)}`;
    say(this.scatterSays, `Each dot is a unit of layer ${lab.layer}. ${said}.`);
    this.scatter.setAttribute("aria-label", `Units by the share of time shut and open; ${said}`);
  }

  chooseUnit(event) {
    const box = this.scatter.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let nearest = -1, least = PRESS;
    this.ofUnits().forEach((one, unit) => {
      const [left, top] = this.spot(one), apart = Math.hypot(left - x, top - y);
      if (apart < least) [least, nearest] = [apart, unit];
    });
    if (nearest >= 0) this.lab.set({unit: nearest});
  }

  drawEffect() {
    const {lab} = this, {network, reading} = lab, [forced] = network.forced;
    this.go.setAttribute("aria-pressed", String(Boolean(forced)));
    say(this.go, forced ? "Release" : "Force");
    this.effect.classList.toggle("changed", Boolean(forced));
    if (!forced) {
      return say(this.effect, "The text is read again, and so is all that the page shows.");
    }
    if (!reading.finished) return say(this.effect, `${forced.said}. Reading again …`);
    const isSame = lab.ownBits && String(lab.ownBits.points) === String(lab.points);
    const mean = (bits) => {
      const known = bits.slice(Math.max(1, forced.from + 1)).filter((one) => !Number.isNaN(one));
      return known.reduce((sum, one) => sum + one, 0) / known.length;
    };
    const now = mean(reading.bits);
    say(this.effect, `${forced.said}. ` + (Number.isNaN(now) ? "No character follows."
      : `What follows costs ${digits(now, 3)} bits a character` + (isSame
        ? `, and ${digits(mean(lab.ownBits.bits), 3)} without.`
        : "; release it to compare: the text has changed since.")));
  }

  drawTable() {
    const {lab} = this, {network, reading, layer, unit} = lab;
    const from = Math.max(0, Math.min(reading.done - COLUMNS_OF_TABLE, lab.t - 3));
    const places = Array.from({length: Math.min(COLUMNS_OF_TABLE, reading.done)}, (_, n) => from + n);
    this.twin.fill(
      table(`Unit ${layer}:${unit}`, ["", ...places.map((t) => `${t} ${lab.symbolAt(t)}`)],
        network.kinds.map((kind) =>
          [kind, ...places.map((t) => digits(reading.value(kind, layer, unit, t)))])),
      table(`${this.gate.value} of each unit`, ["unit", "mean", "shut", "open"],
        this.twin.paged([...this.ofUnits().entries()]).map(([j, {mean, shut, open}]) =>
          [`${layer}:${j}`, digits(mean), percent(shut), percent(open)])));
  }
}

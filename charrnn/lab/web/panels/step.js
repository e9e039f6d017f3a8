/** P5: the step at t by hand: the equations of the cell with their numbers, down to the products. */
import {digits, fill, h, percent, say} from "../dom.js";
import {asNumPy} from "../engine/as_numpy.js";
import {order} from "../engine/choosing.js";
import {gateSum, scoreSum, total} from "../engine/sums.js";

const LARGEST = 8, LIKELIEST = 5;

export class Step {
  constructor(lab) {
    this.lab = lab;
    this.stage = 0;
    this.opened = null;
    this.places = 3;
    this.lead = h("p", {className: "lead"});
    this.body = h("div", {className: "stages"});
    this.next = h("button", {type: "button", className: "primary", onclick: () => this.advance()},
      "Next move");
    this.all = h("button", {type: "button", onclick: () => this.show(99)}, "Show all");
    this.again = h("button", {type: "button", onclick: () => this.show(0)}, "From the start");
    this.exact = h("button", {type: "button", "aria-pressed": "false", onclick: () => {
      this.places = this.places === 3 ? 9 : 3;
      this.exact.setAttribute("aria-pressed", String(this.places === 9));
      lab.set({});
    }}, "All digits");
    this.copied = h("span", {className: "quiet", role: "status"});
    this.element = h("div", {}, this.lead,
      h("div", {className: "row"}, this.next, this.again, this.all, this.exact, this.copied),
      this.body);
  }

  show(stage) {
    this.stage = stage;
    this.lab.set({});
  }

  advance() {
    this.stage = this.stage >= this.last ? 0 : this.stage + 1;
    this.lab.set({});
    const shown = this.body.querySelector(".now");
    requestAnimationFrame(() =>
      (this.body.querySelector(".now") ?? shown)?.scrollIntoView({block: "nearest"}));
  }

  /** A number that opens the sum it comes from. */
  number(name, value, sum) {
    const said = digits(value, this.places);
    if (!sum) return h("span", {className: "value"}, said);
    const open = this.opened === name;
    return h("button", {type: "button", className: "value", "aria-expanded": String(open),
      "aria-label": `${name} = ${said}, how it comes about`,
      onclick: () => {
        this.opened = open ? null : name;
        this.lab.set({});
      }}, said);
  }

  /** The largest products of a sum, and the others together. */
  products(name, list, expression) {
    if (this.opened !== name) return null;
    const ranked = [...list].sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
    const shown = ranked.slice(0, LARGEST), rest = ranked.slice(LARGEST);
    const rows = shown.map((term) => h("tr", {},
      h("th", {scope: "row"}, term.name), h("td", {}, digits(term.weight, this.places)), h("td", {}, "×"),
      h("td", {}, digits(term.value, this.places)), h("td", {}, "="),
      h("td", {className: "result"}, digits(term.product, this.places))));
    if (rest.length) {
      rows.push(h("tr", {}, h("th", {scope: "row", colSpan: 5}, `the other ${rest.length} together`),
        h("td", {className: "result"}, digits(total(rest), this.places))));
    }
    return h("div", {className: "sum"}, h("table", {className: "numbers"},
      h("caption", {}, `${name} is a sum of ${list.length} ` +
        `${list.length === 1 ? "product" : "products"}: weight × value`),
      h("tbody", {}, rows)), this.copy(expression));
  }

  copy(expression) {
    if (this.lab.network.isChanged) return null;  // the file has the network as it was trained
    return h("button", {type: "button", onclick: async () => {
      const program = this.program(expression);
      try {
        await navigator.clipboard.writeText(program);
        say(this.copied, "copied: a program for Python");
      } catch {
        say(this.copied, "the browser does not let the page copy");
      }
    }}, "Copy as NumPy");
  }

  program(expression) {
    const {reading, model, t} = this.lab;
    const ids = reading.points.slice(0, t + 1).flatMap((point) => model.vocabulary.ids(point));
    return asNumPy(model.described, ids, expression);
  }

  draw() {
    const {lab} = this, {network, reading, model, layer, unit, t} = lab;
    if (t < 0 || t >= reading.done || reading.unknown[t]) {
      say(this.lead, "Put the caret behind a character that the network knows.");
      return fill(this.body);
    }
    const k = reading.idAt(t), after = reading.states[t];
    // Of a byte that is not the first of its character the state before is that after the others.
    const before = this.stateBefore(t);
    const {gates} = model.described, H = network.H;
    fill(this.lead, "What unit ", h("strong", {}, `${layer}:${unit}`), " makes of ",
      h("code", {}, lab.symbolAt(t)), " after ", h("code", {}, lab.context(t - 1, 14) || "nothing"),
      ". Any underlined number opens the sum that it is.");
    if (network.forcing(layer, t)?.(unit, gates.map(() => NaN)).some((one) => !Number.isNaN(one))) {
      fill(this.body, h("p", {className: "changed"}, "At this step a gate of this unit is forced: " +
        "it is not the sum of its products. Release it in Gates to see them."));
      return;
    }
    const sums = gates.map((gate) => gateSum(network, gates, layer, unit, gate, k, before, after));
    const value = Object.fromEntries(sums.map((sum) => [sum.gate, sum.value]));
    const at = network.place("a", layer, unit);
    const stages = [this.input(k), ...sums.map((sum) => this.gate(sum, gates, H))];
    stages.push(...this.states(value, before, after, at));
    stages.push(this.scores(after));
    this.last = stages.length - 1;
    this.stage = Math.min(this.stage, 99);
    const shown = stages.slice(0, this.stage + 1);
    shown.forEach((stage, n) => stage.classList.toggle("now", n === Math.min(this.stage, this.last)));
    say(this.next, this.stage >= this.last ? "Once more" : "Next move");
    const focused = document.activeElement?.getAttribute("aria-label");
    const within = this.body.contains(document.activeElement);
    fill(this.body, shown);
    if (within && focused) {
      const name = focused.split(" = ")[0];
      [...this.body.querySelectorAll("button.value")]
        .find((one) => one.getAttribute("aria-label").startsWith(`${name} = `))?.focus();
    }
  }

  stateBefore(t) {
    const {reading, network, model} = this.lab, ids = model.vocabulary.ids(reading.points[t]);
    let before = reading.before(t);
    for (const id of ids.slice(0, -1)) {
      const after = new Float32Array(network.stateSize);
      network.step(id, before, after, new Float32Array(network.gatesSize));
      before = after;
    }
    return before;
  }

  input(k) {
    const {network, model} = this.lab, {vocabulary} = model;
    return stage("Read", [h("p", {}, h("i", {}, "x(t)"), " is ", h("code", {}, vocabulary.symbol(k)),
      network.E
        ? `, character ${k} of ${network.V}; the network reads it as e(t), ${network.E} numbers.`
        : `, character ${k} of ${network.V}: a 1 in place ${k} and 0 elsewhere, so the product with ` +
          `the weights is their row ${k}.`)]);
  }

  gate(sum, gates, H) {
    const {lab} = this, {layer, unit} = lab, {gate} = sum;
    const word = lab.model.described.words[gate];
    const j = gates.indexOf(gate) * H + unit, step = `steps[${layer}]`;
    const below = layer || lab.network.E ? (layer ? "a of the layer below" : "e(t)") : "x(t)";
    const from = total(sum.fromBelow), back = total(sum.fromBefore);
    const names = [`W_ax ${layer ? "a" : lab.network.E ? "e" : "x"} of ${gate}`, `W_aa a of ${gate}`];
    const bias = `p["b_a_${layer}"][${j}]`;
    const cell = (term, said) => h("div", {className: "term"}, h("span", {className: "label"}, said), term);
    const sign = (text) => h("span", {className: "sign"}, text);
    const inner = [
      cell(this.number(names[0], from, true), [`W`, h("sub", {}, "ax"), ` ${below}`]), sign("+"),
      ...(sum.isReset
        ? [cell(this.number("r of n", sum.r), "r"), sign("× ("),
          cell(this.number(names[1], back, true), ["W", h("sub", {}, "aa"), " a(t−1)"]), sign("+"),
          cell(this.number("b_n", sum.b_n), ["b", h("sub", {}, "n")]), sign(")")]
        : [cell(this.number(names[1], back, true), ["W", h("sub", {}, "aa"), " a(t−1)"])]),
      sign("+"), cell(this.number("b_a", sum.b_a), ["b", h("sub", {}, "a")]), sign("="),
      cell(this.number(`z of ${gate}`, sum.z), "z"),
      sign(sum.isTanh ? "→ tanh" : "→ σ"),
      cell(h("span", {className: "value result"}, digits(sum.value, this.places)), gate),
    ];
    return stage(word ? `${gate}, the ${word}` : "z and a", [
      h("div", {className: "equation"}, inner),
      this.products(names[0], sum.fromBelow, `${step}["zx"][${j}] - ${bias}`),
      this.products(names[1], sum.fromBefore, `${step}["za"][${j}]`),
    ]);
  }

  states(value, before, after, at) {
    const {network, layer, unit} = this.lab, {H} = network;
    const n = (number) => h("span", {className: "value"}, digits(number, this.places));
    const result = (number) =>
      h("span", {className: "value result"}, digits(number, this.places));
    const line = (...parts) => h("div", {className: "equation"}, parts);
    const step = `steps[${layer}]`;
    const held = network.held.some((one) => one.layer === layer && one.unit === unit)
      ? h("p", {className: "changed"}, "This unit is held: its a is set to the value chosen.") : null;
    if (network.cell === "lstm") {
      const c0 = before[at + H], c = after[at + H];
      return [
        stage("The memory", [h("p", {}, h("i", {}, "c(t) = f c(t−1) + i g")),
          line(n(value.f), "×", n(c0), "+", n(value.i), "×", n(value.g), "=", result(c)),
          this.copy(`${step}["c"][${unit}]`)]),
        stage("The state", [h("p", {}, h("i", {}, "a(t) = o tanh(c(t))")),
          line(n(value.o), "×", n(Math.tanh(c)), "=", result(after[at])), held,
          this.copy(`${step}["a"][${unit}]`)]),
      ];
    }
    if (network.cell === "gru") {
      return [stage("The state", [h("p", {}, h("i", {}, "a(t) = (1 − u) n + u a(t−1)")),
        line(n(1 - value.u), "×", n(value.n), "+", n(value.u), "×", n(before[at]), "=",
          result(after[at])), held, this.copy(`${step}["a"][${unit}]`)])];
    }
    return [stage("The state", [h("p", {}, h("i", {}, "a(t) = tanh(z)"), " is the hidden state itself: ",
      result(after[at])), held, this.copy(`${step}["a"][${unit}]`)])];
  }

  scores(after) {
    const {lab} = this, {network, model} = lab, log_p = lab.prediction();
    const ids = order(log_p).slice(0, LIKELIEST), sums = ids.map((id) => scoreSum(network, id, after));
    const largest = sums[0].score, all = Math.exp(-log_p[ids[0]]);
    const head = ["next", ["W", h("sub", {}, "ya"), " a"], ["b", h("sub", {}, "y")], "score", "exp",
      "y_hat"];
    const rows = ids.map((id, n) => h("tr", {},
      h("th", {scope: "row"}, model.vocabulary.symbol(id)),
      h("td", {}, this.number(`W_ya a of ${model.vocabulary.symbol(id)}`, total(sums[n].products), true)),
      h("td", {}, digits(sums[n].b_y, this.places)),
      h("td", {}, digits(sums[n].score, this.places)),
      h("td", {}, digits(Math.exp(sums[n].score - largest), this.places)),
      h("td", {className: "result"}, percent(Math.exp(log_p[id])))));
    return stage("The prediction", [
      h("p", {}, h("i", {}, "y_hat(t) = softmax(W_ya a(t) + b_y)"), ": the exponentials, less the " +
        `largest score, sum to ${digits(all, this.places)} over all ${network.V} characters.`),
      h("div", {className: "scroll", tabIndex: 0, role: "region", "aria-label": "Scores"},
        h("table", {className: "numbers"},
          h("thead", {}, h("tr", {}, head.map((name) => h("th", {scope: "col"}, name)))),
          h("tbody", {}, rows))),
      ...ids.map((id, n) => this.products(`W_ya a of ${model.vocabulary.symbol(id)}`,
        sums[n].products, `below @ p["W_ya"][:, ${id}]`)),
    ]);
  }
}

function stage(title, children) {
  return h("section", {className: "stage", "aria-label": title}, h("h3", {}, title),
    children.filter((child) => child));
}

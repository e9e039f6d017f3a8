/** P2: what the network expects after t, what the filters leave of it, keys, and a guessing game. */
import {digits, fill, h, percent, say} from "../dom.js";
import {AS_IT_IS, order, weights} from "../engine/choosing.js";

const BARS = 10, KEYS = 5, LONGEST = 12;

export class Next {
  constructor(lab) {
    this.lab = lab;
    this.guessing = false;
    this.score = {n: 0, right: 0, network: 0, bits: 0};
    this.heading = h("h2", {}, "Next character");
    this.after = h("p", {className: "after"});
    this.keys = h("div", {className: "keys", role: "group", "aria-label": "Likeliest characters"});
    this.words = h("div", {className: "words", role: "group", "aria-label": "Likeliest endings"});
    this.bars = Array.from({length: BARS + 1}, () => {
      const name = h("span", {className: "bar-name"}), own = h("span", {className: "bar own"});
      const left = h("span", {className: "bar left"}), said = h("span", {className: "bar-said"});
      const changed = h("span", {className: "bar-changed"});
      const row = h("li", {}, name, h("span", {className: "bar-room"}, own, left), said, changed);
      return {row, name, own, left, said, changed};
    });
    this.list = h("ol", {className: "bars", "aria-label": "Probabilities of the next character"},
      this.bars.map((bar) => bar.row));
    this.guess = h("button", {type: "button", "aria-pressed": "false", onclick: () => this.toggle()},
      "Guess first");
    this.game = h("p", {className: "quiet game"});
    this.sliders = h("details", {className: "sliders"},
      h("summary", {}, "Temperature and cuts"),
      this.slider("temperature", "Temperature", 0, 2, 0.05),
      this.slider("top_k", "Top-k (0 is off)", 0, lab.model.vocabulary.size, 1),
      this.slider("top_p", "Top-p (1 is off)", 0.01, 1, 0.01),
      this.slider("min_p", "Min-p (0 is off)", 0, 0.5, 0.01),
      h("button", {type: "button", onclick: () => lab.set({settings: {...AS_IT_IS}})},
        "As the network says"));
    this.element = h("section", {className: "card next", "aria-label": "Next character"},
      h("div", {className: "row"}, this.heading, this.guess), this.after, this.game,
      this.keys, this.words, this.list, this.sliders);
  }

  slider(name, label, min, max, step) {
    const said = h("output", {});
    const input = h("input", {
      type: "range", min, max, step, "aria-label": label,
      oninput: () =>
        this.lab.set({settings: {...this.lab.settings, [name]: Number(input.value)}}),
    });
    this.inputs ??= {};
    this.inputs[name] = {input, said};
    return h("label", {className: "slider"}, h("span", {}, label), input, said);
  }

  toggle() {
    this.guessing = !this.guessing;
    this.score = {n: 0, right: 0, network: 0, bits: 0};
    this.guess.setAttribute("aria-pressed", String(this.guessing));
    this.lab.set({});
    if (this.guessing) this.lab.sheet.field.focus();
  }

  /** A character was typed: count it if its prediction was covered. */
  typed(id, log_p) {
    if (!this.guessing || id < 0) return;
    const likeliest = order(log_p)[0];
    this.score.n++;
    this.score.bits -= log_p[id] / Math.LN2;
    this.score.network += likeliest === id ? 1 : 0;
    this.lab.set({});
  }

  draw() {
    const {lab} = this, {vocabulary} = lab.model, log_p = lab.prediction();
    for (const [name, {input, said}] of Object.entries(this.inputs)) {
      input.value = String(lab.settings[name]);
      say(said, String(lab.settings[name]));
    }
    if (!log_p) return say(this.after, "reading …");
    fill(this.after, "after ", h("code", {}, lab.context(lab.t, 18) || "nothing, a(0) = 0"));
    this.list.hidden = this.keys.hidden = this.words.hidden = this.guessing;
    this.game.hidden = !this.guessing;
    if (this.guessing) {
      const {n, network, bits} = this.score;
      say(this.game, n
        ? `${n} typed. The network had ${network} of them as its likeliest, and paid ` +
          `${digits(bits / n, 2)} bits for each; a coin toss is 1 bit.`
        : "The bars are covered. Type what you think comes next at the caret; then see how many " +
          "of your characters the network expected.");
      return;
    }
    const ranked = order(log_p), kept = weights(log_p, lab.settings);
    const sum = kept.reduce((total, one) => total + one, 0);
    const isCut = ["temperature", "top_k", "top_p", "min_p"]
      .some((name) => lab.settings[name] !== AS_IT_IS[name]);
    const whole = Math.exp(log_p[ranked[0]]);
    const most = Math.max(whole, isCut ? Math.max(...kept) / sum : 0);
    let rest = 1, restLeft = 1;
    this.bars.forEach((bar, n) => {
      bar.row.hidden = n < BARS ? n >= ranked.length : ranked.length <= BARS;
      if (bar.row.hidden) return;
      const id = ranked[n];
      const p = n < BARS ? Math.exp(log_p[id]) : Math.max(0, rest);
      const left = n < BARS ? kept[id] / sum : Math.max(0, restLeft);
      rest -= p;
      restLeft -= left;
      say(bar.name, n < BARS ? vocabulary.symbol(id) : `${ranked.length - BARS} others`);
      bar.own.style.width = `${Math.min(1, p / most) * 100}%`;
      bar.left.style.width = `${Math.min(1, left / most) * 100}%`;
      bar.left.hidden = !isCut;
      bar.own.classList.toggle("cut", isCut);
      say(bar.said, percent(p));
      say(bar.changed, isCut ? (left > 0 ? percent(left) : "cut") : "");
    });
    this.list.classList.toggle("two", isCut);
    fill(this.keys, ranked.filter((id) => vocabulary.canType(id)).slice(0, KEYS).map((id) =>
      h("button", {
        type: "button", className: vocabulary.symbol(id).length > 2 ? "key long" : "key",
        "aria-label": `type ${vocabulary.symbol(id)}, ${percent(Math.exp(log_p[id]))}`,
        onclick: () => lab.type([vocabulary.points[id]]),
      }, vocabulary.symbol(id))));
    this.complete(ranked);
  }

  /** Offer the endings that the likeliest characters lead to, once nothing else is to be done. */
  complete(ranked) {
    const {lab} = this, key = `${lab.m} ${lab.t} ${lab.version}`;
    if (this.completed === key) return;
    this.completed = key;
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const found = [];
      for (const id of ranked.slice(0, 3)) {
        if (!lab.model.vocabulary.canType(id)) continue;
        found.push(await this.branch(id));
        if (this.completed !== key) return;
      }
      const {vocabulary} = lab.model;
      fill(this.words, found.map((ids) => {
        const said = ids.map((id) => vocabulary.symbol(id)).join("");
        return h("button", {type: "button", className: "word", "aria-label": `type ${said}`,
          onclick: () => lab.type(ids.map((id) => vocabulary.points[id]))}, said);
      }));
    }, 150);
  }

  /** Follow the likeliest characters to the next space. */
  async branch(id) {
    const {network, vocabulary, reading} = this.lab.model, ids = [id];
    let before = reading.before(this.lab.t + 1);
    while (ids.length < LONGEST && ![10, 32].includes(vocabulary.points[ids.at(-1)])) {
      const after = new Float32Array(network.stateSize);
      network.step(ids.at(-1), before, after, new Float32Array(network.gatesSize),
        this.lab.t + ids.length);
      before = after;
      const next = order(network.predict(after))[0];
      if (!vocabulary.canType(next)) break;
      ids.push(next);
      if (network.H * network.L > 256) await new Promise((resume) => setTimeout(resume));
    }
    return ids;
  }
}

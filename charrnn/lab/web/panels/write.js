/** P9: the network writes, from the caret on, with the random numbers of `charrnn sample`. */
import {h, say} from "../dom.js";
import {draw} from "../engine/choosing.js";
import {PCG64} from "../engine/random.js";

export class Write {
  constructor(lab) {
    this.lab = lab;
    this.seed = h("input", {type: "number", min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, value: 1,
      "aria-label": "Seed", oninput: () => {
        const seed = Math.round(Number(this.seed.value));
        if (seed >= 0 && Number.isSafeInteger(seed)) lab.set({seed});
      }});
    this.length = h("input", {type: "number", min: 1, max: 2000, step: 1, value: 300,
      "aria-label": "How many characters"});
    this.pace = h("select", {"aria-label": "Pace"},
      h("option", {value: "0"}, "as fast as it can"), h("option", {value: "40"}, "25 a second"),
      h("option", {value: "250"}, "4 a second"));
    this.go = h("button", {type: "button", className: "primary", onclick: () => this.toggle()},
      "Write");
    this.one = h("button", {type: "button", onclick: () => this.start(1)}, "One character");
    this.copyButton = h("button", {type: "button", onclick: () => this.copy()}, "Copy command");
    this.output = h("pre", {className: "written", tabIndex: 0, role: "region",
      "aria-label": "What the network writes"});
    this.take = h("button", {type: "button", hidden: true, onclick: () => lab.type(this.points)},
      "Take into the text");
    this.note = h("p", {className: "quiet", role: "status"});
    this.command = h("code", {className: "command"});
    this.prompt = h("p", {className: "quiet"});
    this.element = h("div", {},
      h("p", {className: "lead"}, "The network reads what it writes: each character is drawn from " +
        "its prediction, then read. The temperature and the cuts are those beside the bars."),
      h("div", {className: "row"},
        h("label", {}, "seed ", this.seed), h("label", {}, "characters ", this.length), this.pace),
      h("div", {className: "row"}, this.go, this.one, this.take),
      this.prompt, this.output, this.note,
      h("div", {className: "row"}, this.command, this.copyButton));
    this.points = [];
    this.running = false;
  }

  toggle() {
    if (this.running) {
      this.running = false;
      return;
    }
    this.start(Math.max(1, Math.min(2000, Math.round(Number(this.length.value)) || 300)));
  }

  /** Write so many characters after the text up to t; one more goes on where the last stopped. */
  async start(count) {
    const {lab} = this, {network, vocabulary, reading} = lab.model;
    if (this.running || lab.t >= reading.done) return;
    const key = JSON.stringify([lab.m, lab.t, lab.version, lab.seed]);
    if (count > 1 || this.key !== key) {
      this.key = key;
      this.points = [];
      this.ids = [];
      this.random = new PCG64(lab.seed);
      this.state = reading.before(lab.t + 1);
      this.log_p = lab.prediction();
    }
    this.running = true;
    this.asked = {count: this.ids.length + count, settings: {...lab.settings}, seed: lab.seed};
    this.draw();
    const pause = Number(this.pace.value);
    let frame = performance.now();
    for (let n = 0; n < count && this.running; n++) {
      const id = draw(this.log_p, lab.settings, this.random.random());
      const after = new Float32Array(network.stateSize);
      network.step(id, this.state, after, new Float32Array(network.gatesSize),
        lab.t + 1 + this.ids.length);
      this.state = after;
      this.log_p = network.predict(after);
      this.ids.push(id);
      if (pause || performance.now() - frame > 12) {
        this.show(vocabulary);
        await new Promise((resume) => setTimeout(resume, pause));
        frame = performance.now();
      }
    }
    this.running = false;
    this.show(vocabulary);
    this.draw();
  }

  show(vocabulary) {
    this.points = vocabulary.kind === "bytes"
      ? Array.from(new TextDecoder().decode(Uint8Array.from(this.ids)), (c) => c.codePointAt(0))
      : this.ids.map((id) => vocabulary.points[id]);
    say(this.output, this.points.map((point) =>
      (point === 32 || point === 10 ? String.fromCodePoint(point) : this.lab.symbolOf(point))).join(""));
    this.output.scrollTop = this.output.scrollHeight;
  }

  /** The command that writes the same, as typed in a POSIX shell; null if it cannot. */
  line() {
    const {lab} = this, {settings} = lab, {name} = lab.model.described;
    const prompt = lab.reading.points.slice(0, lab.t + 1)
      .filter((point, n) => !lab.reading.unknown[n]);
    if (!prompt.length || lab.network.isChanged || prompt.includes(0)) return null;
    const quoted = (text) => `'${text.replace(/'/g, "'\\''")}'`;
    const text = prompt.map((point) => (point === 92 ? "\\\\" : String.fromCodePoint(point))).join("");
    const options = [`-p ${quoted(text)}`, `--seed ${lab.seed}`, `-t ${settings.temperature}`,
      `-n ${Math.max(1, Math.round(Number(this.length.value)) || 300)}`];
    if (settings.top_k) options.push(`--top-k ${settings.top_k}`);
    if (settings.top_p < 1) options.push(`--top-p ${settings.top_p}`);
    if (settings.min_p) options.push(`--min-p ${settings.min_p}`);
    if (lab.model.vocabulary.kind === "bytes") options.push("--raw");
    return `charrnn sample ${quoted(name)} ${options.join(" ")}`;
  }

  async copy() {
    const line = this.line();
    try {
      await navigator.clipboard.writeText(line ?? "");
      say(this.note, "copied");
    } catch {
      say(this.note, "the browser does not let the page copy; the command can be selected");
    }
  }

  draw() {
    const {lab} = this;
    if (document.activeElement !== this.seed) this.seed.value = String(lab.seed);
    say(this.go, this.running ? "Stop" : "Write");
    this.take.hidden = this.running || !this.points.length;
    say(this.prompt, lab.t < 0
      ? "Put the caret behind some text: the network continues there."
      : `It continues after “${lab.context(lab.t, 30)}”.`);
    const line = this.line();
    this.copyButton.hidden = !line;
    say(this.command, line && line.length > 400 ? `${line.slice(0, 60)} … ${line.slice(-60)}` : line ??
      (lab.network.isChanged
        ? "A unit is held or a gate forced: the command line has no such network."
        : "The command line needs a prompt."));
  }
}

/** Build the page from its data; without scripts, or if the data is damaged, it stays a document. */
import {fill, h, percent, say, table, digits} from "./dom.js";
import {level, palette, colour, surpriseLevel, RANGE} from "./drawing/colours.js";
import {Sheet} from "./drawing/sheet.js";
import {arrays, checksums} from "./engine/arrays.js";
import {draw, order, weights} from "./engine/choosing.js";
import {check} from "./engine/checks.js";
import {PCG64} from "./engine/random.js";
import {toField, fromField} from "./engine/vocabulary.js";
import {parse, written} from "./hash.js";
import {Lab} from "./lab.js";
import {verdict} from "./panels/check.js";
import {Gates} from "./panels/gates.js";
import {Next} from "./panels/next.js";
import {State} from "./panels/state.js";
import {Step} from "./panels/step.js";
import {Unit} from "./panels/unit.js";
import {Write} from "./panels/write.js";

const PANELS = [
  ["state", "State", State], ["unit", "Unit", Unit], ["step", "Step", Step],
  ["gates", "Gates", Gates], ["write", "Write", Write],
];
const KEYS = [
  ["[ and ]", "the character before and after"], [", and .", "the unit before and after"],
  ["n", "the next surprise of 4 bits or more"], ["p", "paint by surprise, by the unit, by nothing"],
  ["Space", "in Step: the next move"], ["Escape", "back to the text"],
];

const root = document.getElementById("lab");

function start() {
  const header = JSON.parse(document.getElementById("header").textContent);
  const models = [], checks = [];
  let failure = "";
  for (const [n, described] of header.models.entries()) {
    try {
      const block = document.getElementById(`arrays-${n}`).textContent;
      if (String(checksums(block)) !== String(described.checksums)) {
        throw new Error("its numbers are not those that were written");
      }
      const data = arrays(described.arrays, block);
      models.push({described, params: data});
    } catch (error) {
      failure = `${described.name}, ${error.message}`;
    }
  }
  if (failure) return refuse(verdict({}, failure));
  const lab = new Lab(models);
  for (const [n, {network, described}] of lab.models.entries()) {
    checks.push(check(network, described, models[n].params));
  }
  const wrong = checks.find((one) => !one.passed);
  if (wrong) return refuse(verdict(wrong));
  document.getElementById("without-scripts").hidden = true;
  build(lab, header, checks);
  root.hidden = false;
  window.charrnnLab = Object.assign(lab, {tools: {PCG64, draw, parse, weights, written}});
  lab.open();
}

function refuse(box) {
  document.getElementById("without-scripts").hidden = true;
  fill(root, h("main", {className: "refused"}, box));
  root.hidden = false;
}

function build(lab, header, checks) {
  const next = new Next(lab);
  const sheet = new Sheet({
    onText: (points, t) => {
      const before = lab.points, log_p = lab.prediction();
      const isTyped = points.length === before.length + 1 && t === lab.t + 1;
      if (isTyped && log_p) next.typed(lab.model.vocabulary.ids(points[t])[0] ?? -1, log_p);
      lab.read(points, t);
    },
    onCaret: (t) => lab.set({t: Math.min(t, lab.reading.points.length - 1)}),
  });
  lab.sheet = sheet;

  // the head line
  const where = h("p", {className: "where"}), checked = h("div", {className: "checked"});
  const models = h("select", {"aria-label": "Model", onchange: () => lab.take(models.selectedIndex)},
    lab.models.map(({described}) => h("option", {}, described.name)));
  const facts = h("p", {className: "quiet facts"});
  const theme = h("button", {type: "button", onclick: () => {
    const now = document.documentElement.dataset.theme ??
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
    lab.set({});
  }}, "Light or dark");
  let letters = true;
  const lettersOn = h("input", {type: "checkbox", checked: true,
    onchange: () => { letters = lettersOn.checked; }});
  const leaveOut = h("input", {type: "checkbox",
    onchange: () => lab.set({leaveOut: leaveOut.checked})});
  const help = h("details", {className: "help"}, h("summary", {}, "Keys and settings"),
    h("dl", {}, KEYS.map(([key, says]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, says)])),
    h("label", {}, lettersOn, " letter keys work outside the text"),
    h("label", {}, leaveOut, " leave my text out of the address"),
    theme);
  const head = h("header", {className: "head"},
    h("h1", {}, lab.models.length > 1 ? models : lab.model.described.name), checked, help, facts);

  // the text
  const paints = h("div", {className: "segments", role: "group", "aria-label": "Painted by"},
    [["bits", "surprise"], ["unit", "unit"], ["none", "nothing"]].map(([paint, said]) =>
      h("button", {type: "button", "data-paint": paint, onclick: () => lab.set({paint})}, said)));
  const legend = h("div", {className: "legend", role: "img"}), remark = h("p", {className: "remark"});
  const rows = h("div", {className: "scroll", tabIndex: 0, role: "region",
    "aria-label": "Table of the text"});
  const twin = h("details", {ontoggle: () => lab.set({})}, h("summary", {}, "Table of the same numbers"),
    rows);
  const text = h("section", {className: "card text", "aria-label": "Text"},
    h("div", {className: "row"}, h("h2", {}, "Text"), h("span", {className: "quiet"}, "painted by"),
      paints),
    h("p", {className: "quiet", id: "text-help"}, "Type, or move the caret: the page shows the " +
      "network after the character before it. ", header.source),
    sheet.element, legend, remark, twin);

  // the panels
  const live = h("p", {className: "live", role: "status", "aria-live": "polite"});
  const tabs = h("div", {role: "tablist", "aria-label": "Panels", className: "tabs"});
  const panels = PANELS.map(([name, title, Panel]) => {
    const panel = new Panel(lab);
    const tab = h("button", {type: "button", role: "tab", id: `tab-${name}`,
      "aria-controls": `panel-${name}`, onclick: () => lab.set({panel: name})}, title);
    const room = h("div", {role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`,
      tabIndex: 0, className: "panel"}, panel.element);
    tabs.append(tab);
    return {name, panel, tab, room};
  });
  tabs.addEventListener("keydown", (event) => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!by) return;
    const n = panels.findIndex(({name}) => name === lab.panel);
    const other = panels[(n + by + panels.length) % panels.length];
    lab.set({panel: other.name});
    other.tab.focus();
    event.preventDefault();
  });
  const unitRow = unitChoice(lab);
  fill(root, h("a", {className: "skip", href: "#text", onclick: (event) => {
    event.preventDefault();
    sheet.field.focus();
  }}, "To the text"), head, h("main", {className: "page"},
    h("div", {className: "reading"}, text, next.element),
    h("section", {className: "card look", "aria-label": "Look inside"}, where, unitRow.element, tabs,
      panels.map(({room}) => room))),
  h("footer", {className: "quiet"}, "Written by charrnn lab. This file holds the network itself: " +
    "who has the page has the network, and a network can recite its text."), live);

  let spoken, said = "";
  const frame = {draw() {
    const {described, vocabulary} = lab.model, {reading} = lab;
    if (checked.dataset.m !== String(lab.m)) {
      checked.dataset.m = String(lab.m);
      fill(checked, verdict(checks[lab.m]));
    }
    say(facts, `${described.cell.toUpperCase()}, ${described.layers} × ${described.hidden} units, ` +
      `${described.parameters.toLocaleString("en")} parameters, ${vocabulary.size} ` +
      `${vocabulary.kind}` +
      (described.training.bits === null ? "" :
        `, ${digits(described.training.bits, 2)} bits a character on text kept apart`));
    for (const button of paints.children) {
      button.setAttribute("aria-pressed", String(button.dataset.paint === lab.paint));
    }
    sheet.paint(levels(lab), lab.t, reading.unknown, reading.points.length);
    drawLegend(lab, legend);
    const unknown = reading.unknown.filter(Boolean).length;
    const beyond = lab.points.length - reading.points.length;
    const mean = reading.finished && reading.done > 1 ? `${digits(reading.meanBits, 2)} bits a character. ` : "";
    say(remark, (lab.network.isChanged
      ? "A unit is held or a gate forced: this is not your network. " : "") +
      (reading.finished ? mean : `reading … ${reading.done} of ${reading.points.length}. `) +
      (unknown ? `${unknown} unknown to the network: skipped (dotted). ` : "") +
      (beyond > 0 ? `The page reads the first ${reading.limit} characters.` : ""));
    remark.classList.toggle("changed", lab.network.isChanged);
    drawWhere(lab, where);
    unitRow.draw();
    if (twin.open) drawTwin(lab, rows);
    for (const {name, tab, room, panel} of panels) {
      const isChosen = name === lab.panel;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      room.hidden = !isChosen;
      if (!isChosen) continue;
      const hadFocus = room.contains(document.activeElement);
      panel.draw();
      if (hadFocus && !room.contains(document.activeElement)) room.focus({preventScroll: true});
    }
    clearTimeout(spoken);
    spoken = setTimeout(() => {
      const line = sentence(lab);
      if (line !== said) say(live, (said = line));
      remember(lab);
    }, 400);
  }};
  lab.parts = [frame, next];
  lab.panels = Object.fromEntries(panels.map(({name, panel}) => [name, panel]));

  document.addEventListener("keydown", (event) => {
    const inField = event.target.closest?.("textarea, input, select");
    if (event.key === "Escape") {
      sheet.field.focus();
      return;
    }
    if (inField || !letters || event.ctrlKey || event.metaKey || event.altKey) return;
    const done = lab.reading.done, {t} = lab;
    if (event.key === " " && lab.panel === "step" && !event.target.closest("button, summary")) {
      panels.find(({name}) => name === "step").panel.advance();
    } else if (event.key === "[") lab.choose(Math.max(0, t - 1));
    else if (event.key === "]") lab.choose(Math.min(done - 1, t + 1));
    else if (event.key === ",") lab.step(-1);
    else if (event.key === ".") lab.step(1);
    else if (event.key === "p") {
      lab.set({paint: {bits: "unit", unit: "none", none: "bits"}[lab.paint]});
    } else if (event.key === "n") {
      for (let n = 1; n < done; n++) {
        if (lab.reading.bits[(t + n) % done] >= 4) {
          lab.choose((t + n) % done);
          break;
        }
      }
    } else return;
    event.preventDefault();
  });
  new ResizeObserver(() => lab.set({})).observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => lab.set({}));
  lab.open = () => open(lab, header);
  window.addEventListener("hashchange", () => open(lab, header));
}

/** Begin with what the address says, or with the text of the page. */
function open(lab, header) {
  const found = parse(location.hash);
  if (found.m !== undefined && found.m < lab.models.length) lab.m = found.m;
  const {network} = lab, text = found.x ?? header.text;
  [lab.layer, lab.unit] = lab.model.described.unit;
  if (found.u && found.u.layer < network.L && found.u.unit < network.H) {
    lab.layer = found.u.layer;
    lab.unit = found.u.unit;
    if (network.kinds.includes(found.u.kind)) lab.kind = found.u.kind;
  }
  lab.panel = found.p ?? lab.panel;
  lab.paint = found.c ?? lab.paint;
  lab.seed = found.S ?? lab.seed;
  const {settings} = lab;
  settings.temperature = found.T ?? settings.temperature;
  settings.top_k = Math.min(network.V, found.K ?? settings.top_k);
  settings.top_p = found.P ?? settings.top_p;
  settings.min_p = found.M ?? settings.min_p;
  const points = fromField(toField(text));
  const t = Math.min(found.t ?? Math.min(points.length - 1, 40), points.length - 1);
  lab.sheet.show(text, t);
  lab.read(points, t);
  lab.sheet.reveal(t);
}

function remember(lab) {
  const {settings} = lab;
  try {
    history.replaceState(null, "", written({
      m: lab.m, t: lab.t, T: settings.temperature, K: settings.top_k, P: settings.top_p,
      M: settings.min_p, S: lab.seed, u: {layer: lab.layer, unit: lab.unit, kind: lab.kind},
      p: lab.panel, c: lab.paint,
      x: lab.leaveOut ? null : lab.points.map((point) => String.fromCodePoint(point)).join(""),
    }));
  } catch {
    // In a frame without an address of its own the choices stay in memory.
  }
}

function levels(lab) {
  const {reading, paint, kind} = lab;
  if (paint === "none") return [];
  if (paint === "bits") return reading.bits.map(surpriseLevel);
  const by = 1 / (RANGE[kind] ?? 1);
  return Array.from(reading.series(kind, lab.layer, lab.unit), (value) => level(value * by));
}

function drawLegend(lab, legend) {
  const key = `${lab.paint} ${lab.kind} ${document.documentElement.dataset.theme}` +
    matchMedia("(prefers-color-scheme: dark)").matches;
  if (legend.dataset.key === key) return;
  legend.dataset.key = key;
  const range = RANGE[lab.kind] ?? 1, colours = palette();
  const steps = {
    bits: [[0, "below 1 bit"], [1, "1"], [2, "2"], [3, "4"], [4, "6 bits and more"]],
    unit: [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((n) => [n, n % 2 ? "" : digits((n / 4) * range, 1)]),
    none: [],
  }[lab.paint];
  fill(legend, steps.map(([n, said]) => {
    const patch = h("span", {className: "patch"});
    patch.style.background = colour(colours, n);
    return h("span", {className: "legend-step"}, patch, said);
  }));
  legend.setAttribute("aria-label", lab.paint === "bits"
    ? "Orange: surprising; in bits" : lab.paint === "unit"
      ? `Blue below 0, orange above, to ${range} either way` : "Not painted");
}

function drawWhere(lab, where) {
  const {reading, t} = lab, isRead = t >= 0 && t < reading.done;
  if (!isRead) return say(where, t < 0 ? "Before the first character: a(0) = 0." : "reading …");
  fill(where, h("strong", {}, `t = ${t}`), ", read ", h("code", {}, lab.symbolAt(t)),
    Number.isNaN(reading.bits[t]) ? "" : `, ${digits(reading.bits[t], 2)} bits`,
    "; unit ", h("strong", {}, `${lab.layer}:${lab.unit}`), ": ", h("i", {}, lab.kind), " = ",
    h("strong", {}, digits(lab.value(t))));
}

function unitChoice(lab) {
  const layer = h("input", {type: "number", min: 0, "aria-label": "Layer", oninput: () => {
    const n = Math.round(Number(layer.value));
    if (n >= 0 && n < lab.network.L) lab.set({layer: n});
  }});
  const unit = h("input", {type: "number", min: 0, "aria-label": "Unit", oninput: () => {
    const n = Math.round(Number(unit.value));
    if (n >= 0 && n < lab.network.H) lab.set({unit: n});
  }});
  const element = h("div", {className: "row choice"},
    h("label", {}, "layer ", layer), h("label", {}, "unit ", unit));
  return {element, draw() {
    layer.max = String(lab.network.L - 1);
    unit.max = String(lab.network.H - 1);
    if (document.activeElement !== layer) layer.value = String(lab.layer);
    if (document.activeElement !== unit) unit.value = String(lab.unit);
  }};
}

function drawTwin(lab, rows) {
  const {reading} = lab, from = Math.max(0, Math.min(lab.t - 12, reading.done - 25));
  const to = Math.min(reading.done, from + 25);
  fill(rows, table(`Characters ${from} to ${to - 1}`, ["t", "character", "bits", `${lab.kind} of the unit`],
    Array.from({length: to - from}, (_, n) => from + n).map((t) =>
      [String(t), lab.symbolAt(t), digits(reading.bits[t], 2), digits(lab.value(t))])));
}

function sentence(lab) {
  const {reading, t} = lab, log_p = lab.prediction();
  if (!log_p) return "";
  const [first, second] = order(log_p);
  const named = (id) => `${lab.model.vocabulary.symbol(id)} ${percent(Math.exp(log_p[id]))}`;
  const expected = second === undefined ? named(first) : `${named(first)}, ${named(second)}`;
  if (t < 0) return `Before the text: ${expected}`;
  const bits = reading.bits[t];
  return `After ${lab.context(t, 12)}: ${expected}. ` +
    (Number.isNaN(bits) ? "" : `${digits(bits, 2)} bits. `) +
    `Unit ${lab.layer}:${lab.unit} is ${digits(lab.value(t), 2)}.`;
}

start();

/**
 * The text: a native text field over a canvas that paints it.
 *
 * Where each character stands is measured on a mirror of the field, so that glyphs of any width,
 * line breaks and writing directions are those of the browser itself.
 */
import {h, prepare} from "../dom.js";
import {fromField, toField} from "../engine/vocabulary.js";
import {colour, palette} from "./colours.js";

const UNDONE = 200;

export class Sheet {
  /** @param {{onText: Function, onCaret: Function}} calls */
  constructor({onText, onCaret}) {
    this.calls = {onText, onCaret};
    this.canvas = h("canvas", {className: "paint", "aria-hidden": "true"});
    this.mirror = h("div", {className: "mirror", "aria-hidden": "true"});
    this.field = h("textarea", {
      id: "text", spellcheck: false, autocomplete: "off", autocapitalize: "off",
      autocorrect: "off", "aria-label": "The text that the network reads",
      "aria-describedby": "text-help", placeholder: "Type here: the network reads along.",
    });
    this.inner = h("div", {className: "sheet-inner"}, this.mirror, this.field);
    this.scroll = h("div", {className: "sheet-scroll"}, this.inner);
    this.element = h("div", {className: "sheet"}, this.canvas, this.scroll);
    this.boxes = null;
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("scroll", () => { this.field.scrollTop = 0; });
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.field) this.moved();
    });
    this.scroll.addEventListener("scroll", () => this.paint());
    new ResizeObserver(() => { this.boxes = null; this.paint(); }).observe(this.scroll);
  }

  get value() {
    return this.field.value;
  }

  /** Show another text, with the caret behind one of its characters. */
  show(text, t) {
    this.field.value = toField(text);
    this.mirrored();
    this.select(t);
  }

  mirrored() {
    this.mirror.textContent = `${this.field.value}\u200b`;
    this.starts = [];
    let start = 0;
    for (const character of this.field.value) {
      this.starts.push(start);
      start += character.length;
    }
    this.starts.push(start);
    this.boxes = null;
  }

  changed() {
    this.mirrored();
    this.calls.onText(fromField(this.field.value), this.caret() - 1);
  }

  /** How many characters stand before the caret. */
  caret() {
    const end = this.field.selectionEnd;
    let low = 0, high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] < end) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  moved() {
    this.calls.onCaret(this.caret() - 1);
  }

  /** Put the caret behind character t. */
  select(t) {
    const at = this.starts[Math.max(0, Math.min(this.starts.length - 1, t + 1))];
    this.field.setSelectionRange(at, at);
  }

  /** Type at the caret, as if by hand: undo takes a short text back; for a long one it is slow. */
  type(text) {
    this.field.focus();
    const shown = toField(text);
    if (shown.length > UNDONE || !document.execCommand("insertText", false, shown)) {
      this.field.setRangeText(shown, this.field.selectionStart, this.field.selectionEnd, "end");
      this.changed();
    }
  }

  /** Where character n stands, in pixels of the inner element: [left, top, width, height]. */
  box(n) {
    if (!this.boxes) {
      this.boxes = [];
      this.range = document.createRange();
    }
    if (!this.boxes[n]) {
      const node = this.mirror.firstChild, {range} = this;
      range.setStart(node, this.starts[n]);
      range.setEnd(node, this.starts[n + 1]);
      const found = range.getClientRects()[0] ?? range.getBoundingClientRect();
      const {left, top} = this.inner.getBoundingClientRect();
      this.boxes[n] = [found.left - left, found.top - top, found.width, found.height];
    }
    return this.boxes[n];
  }

  /** The first character that ends below some height; those before it need not be measured. */
  firstBelow(height) {
    let low = 0, high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1, [, top, , tall] = this.box(middle);
      if (top + tall < height) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Paint what is in view: a level for each character, the chosen one, those not known or read. */
  paint(levels = this.levels, t = this.t, unknown = this.unknown, limit = this.limit) {
    Object.assign(this, {levels, t, unknown, limit});
    if (!levels) return;
    const colours = palette();
    const frame = this.element.getBoundingClientRect(), inner = this.inner.getBoundingClientRect();
    const [dx, dy] = [inner.left - frame.left, inner.top - frame.top];
    const width = this.element.clientWidth, height = this.element.clientHeight;
    const context = prepare(this.canvas, width, height);
    for (let n = this.firstBelow(-dy); n + 1 < this.starts.length; n++) {
      const [left, top, w, tall] = this.box(n);
      const [x, y] = [left + dx, top + dy];
      if (y > height) break;
      if (levels[n]) {
        context.fillStyle = colour(colours, levels[n]);
        context.fillRect(x, y, w || 6, tall);
      }
      if (unknown[n] || n >= limit) {
        context.fillStyle = colours.line;
        for (let dot = 0; dot < (w || 6); dot += 4) context.fillRect(x + dot, y + tall - 2, 2, 2);
      }
      if (n === t) {
        context.strokeStyle = colours.mark;
        context.lineWidth = 2;
        context.strokeRect(x + 1, y + 1, Math.max(4, (w || 8) - 2), tall - 2);
      }
    }
  }

  /** Scroll the sheet, not the page, until a character is in view. */
  reveal(t) {
    if (this.starts.length < 2) return;
    const box = this.box(Math.max(0, Math.min(t, this.starts.length - 2)));
    const top = this.scroll.scrollTop, tall = this.scroll.clientHeight;
    if (box[1] < top) this.scroll.scrollTop = box[1] - 8;
    else if (box[1] + box[3] > top + tall) this.scroll.scrollTop = box[1] + box[3] - tall + 8;
  }
}

/** The numbers of a drawing as tables that unfold below it, some units of the layer at a time. */
import {fill, h} from "../dom.js";

const ROWS_A_PAGE = 25;

export class Twin {
  constructor(lab, label) {
    this.lab = lab;
    this.page = 0;
    this.rows = h("div", {className: "scroll", tabIndex: 0, role: "region", "aria-label": label});
    this.element = h("details", {ontoggle: () => lab.set({})},
      h("summary", {}, "Table of the same numbers"),
      h("div", {className: "row"},
        h("button", {type: "button", onclick: () => this.turn(-1)}, "◀ units"),
        h("button", {type: "button", onclick: () => this.turn(1)}, "units ▶")),
      this.rows);
  }

  get isOpen() {
    return this.element.open;
  }

  turn(by) {
    const pages = Math.ceil(this.lab.network.H / ROWS_A_PAGE);
    this.page = (this.page + by + pages) % pages;
    this.lab.set({});
  }

  /** The rows of the page that is shown: of another model there may be fewer. */
  paged(all) {
    const first = this.page * ROWS_A_PAGE < all.length ? this.page * ROWS_A_PAGE : 0;
    return all.slice(first, first + ROWS_A_PAGE);
  }

  fill(...tables) {
    fill(this.rows, ...tables);
  }
}

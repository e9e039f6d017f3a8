/** Elements without markup: a text becomes a text node, whatever is in it. */

/**
 * Make an element: properties by name, `on…` as listeners, `aria-…` and the like as attributes.
 * @param {string} tag @param {Record<string, any>} [properties] @param {...any} children
 */
export function h(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && !name.includes("-")) made[name] = value;
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** Put other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null));
}

/** Set a property only where it changes, so that nothing is laid out anew for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A number with so many digits after the point, with a true minus sign. */
export function digits(value, places = 3) {
  if (Number.isNaN(value)) return "–";
  return value.toFixed(places).replace("-", "−");
}

/** A share in per cent. */
export function percent(p) {
  const value = 100 * p;
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : "<0.1"} %`;
}

/** A table: headings and rows of texts or elements; the first cell of a row is its heading. */
export function table(caption, headings, rows) {
  return h("table", {className: "numbers"},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, headings.map((name) => h("th", {scope: "col"}, name)))),
    h("tbody", {}, rows.map(([first, ...rest]) =>
      h("tr", {}, h("th", {scope: "row"}, first), rest.map((cell) => h("td", {}, cell))))));
}

/** A canvas of some size in CSS pixels, cleared, with its drawing context. */
export function prepare(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const [w, t] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width !== w || canvas.height !== t) {
    canvas.width = w;
    canvas.height = t;
  }
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

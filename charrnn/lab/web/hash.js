/** The choices of a reader in the address, and back; what is wrong there is left out. */

const LONGEST = 1500;
const NUMBERS = {
  m: [0, 5, true], t: [-1, 1e6, true], T: [0, 2, false], K: [0, 1e6, true], P: [0.01, 1, false],
  M: [0, 0.5, false], S: [0, Number.MAX_SAFE_INTEGER, true],
};

/** The choices of an address, each within its bounds. @param {string} written */
export function parse(written) {
  const found = {};
  const pairs = new URLSearchParams(String(written).slice(0, 6000).replace(/^#/, ""));
  for (const [key, value] of pairs) {
    if (Object.hasOwn(NUMBERS, key)) {
      const [least, most, isWhole] = NUMBERS[key], number = Number(value);
      if (value.trim() === "" || !Number.isFinite(number)) continue;
      const within = Math.max(least, Math.min(most, number));
      found[key] = isWhole ? Math.round(within) : within;
    } else if (key === "u") {
      const unit = /^(\d{1,3}):(\d{1,6})\.([a-z])$/.exec(value);
      if (unit) found.u = {layer: Number(unit[1]), unit: Number(unit[2]), kind: unit[3]};
    } else if (key === "p" && /^(state|unit|step|gates|write)$/.test(value)) found.p = value;
    else if (key === "c" && /^(bits|unit|none)$/.test(value)) found.c = value;
    else if (key === "x") {
      const text = decoded(value);
      if (text !== null) found.x = text;
    }
  }
  return found;
}

/** An address of choices; a text that is too long for one is left out. */
export function written(choices) {
  const {layer, unit, kind} = choices.u, pairs = new URLSearchParams({v: "1"});
  for (const key of Object.keys(NUMBERS)) pairs.set(key, String(choices[key]));
  pairs.set("u", `${layer}:${unit}.${kind}`);
  pairs.set("p", choices.p);
  pairs.set("c", choices.c);
  if (choices.x !== null) {
    const bytes = new TextEncoder().encode(choices.x);
    if (bytes.length <= LONGEST) pairs.set("x", encoded(bytes));
  }
  return `#${pairs}`;
}

function encoded(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

function decoded(value) {
  try {
    const bytes = Uint8Array.from(atob(value.replace(/-/g, "+").replace(/_/g, "/")),
      (character) => character.charCodeAt(0));
    return bytes.length > LONGEST ? null : new TextDecoder("utf-8", {fatal: true}).decode(bytes);
  } catch {
    return null;
  }
}

/** Characters and ids; offsets in a text are characters (code points), not UTF-16 units. */

const SHOWN = new Map([[10, "↵"], [13, "␍"], [9, "→"], [32, "·"]]);

/** Characters that drive a terminal or reorder a line: they are shown as escapes. */
export function isControl(point) {
  return (
    (point < 0x20 && point !== 0x0a) || (point >= 0x7f && point < 0xa0) ||
    (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
    point === 0x200e || point === 0x200f || point === 0x061c ||
    point === 0x2028 || point === 0x2029 || point === 0xfeff ||
    (point >= 0xe0000 && point < 0xe0080) || (point >= 0xd800 && point < 0xe000)
  );
}

/** The symbol of one character: a space is ·, a line end ↵, a control an escape. */
export function symbol(point) {
  if (SHOWN.has(point)) return SHOWN.get(point);
  if (point > 32 && point < 127) return String.fromCharCode(point);
  if (isControl(point) || /\p{C}|\p{Z}/u.test(String.fromCodePoint(point))) {
    const digits = point.toString(16);
    if (point < 0x100) return `\\x${digits.padStart(2, "0")}`;
    return point < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
  }
  const character = String.fromCodePoint(point);
  return /\p{M}/u.test(character) ? `◌${character}` : character;
}

/** In a text field a control stands as a private character of plane 16, which moves nothing. */
export function toField(text) {
  let shown = "";
  for (const character of text.replace(/\r\n/g, "\n")) {
    const point = character.codePointAt(0);
    const place = point < 0x10000 ? point : 0xe000 + (point & 0x7f);  // of a tag
    shown += isControl(point) ? String.fromCodePoint(0x100000 + place) : character;
  }
  return shown;
}

/** The code points that the content of a text field stands for. */
export function fromField(value) {
  return Array.from(value, (character) => {
    const point = character.codePointAt(0);
    if (point < 0x100000) return point;
    const low = point - 0x100000;
    return low >= 0xe000 && low < 0xe080 ? 0xe0000 + low - 0xe000 : low;
  });
}

export class Vocabulary {
  /** @param {{kind: string, code_points: number[], counts: number[]}} described */
  constructor({kind, code_points: points, counts}) {
    this.kind = kind;
    this.points = points;
    this.counts = counts;
    this.idOf = new Map(points.map((point, id) => [point, id]));
  }

  get size() {
    return this.points.length;
  }

  /** The symbol of an id. */
  symbol(id) {
    return symbol(this.points[id]);
  }

  /** The ids that one character is read as: of its UTF-8 where ids are of bytes; none if unknown. */
  ids(point) {
    if (this.kind !== "bytes") {
      const id = this.idOf.get(point);
      return id === undefined ? [] : [id];
    }
    const isHalf = point >= 0xd800 && point < 0xe000;
    return isHalf ? [] : [...new TextEncoder().encode(String.fromCodePoint(point))];
  }

  /** Whether an id can be typed: a byte beyond ASCII is a part of a character. */
  canType(id) {
    return this.kind !== "bytes" || this.points[id] < 128;
  }
}

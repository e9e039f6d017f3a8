/** Colours of values: blue below 0, orange above, four levels a side; surprise in orange alone. */

const LIGHT = {
  low: ["#d9eaf8", "#b0d3ef", "#7db8e5", "#4c9ad6"],
  high: ["#fdebd2", "#fbd2a0", "#f4b263", "#e8912f"],
  zero: "#f4f3f0", ink: "#1b1b1f", line: "#8a8780", mark: "#1b1b1f",
};
const DARK = {
  low: ["#14304a", "#17456e", "#1d5a93", "#2b6eac"],
  high: ["#3a260b", "#5a3a0d", "#7b4d10", "#985b0f"],
  zero: "#202226", ink: "#f1efea", line: "#8d8b86", mark: "#ffffff",
};

/** Marks of the levels from −4 to 4, as in the terminal. */
export const MARKS = ["#", "+", "-", "·", " ", "·", "-", "+", "#"];

export function palette() {
  const chosen = document.documentElement.dataset.theme;
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  return dark ? DARK : LIGHT;
}

/** The level of a value from −1 to 1: −4 to 4. */
export function level(value) {
  return Math.max(-4, Math.min(4, Math.round(value * 4)));
}

/** The level of a surprise in bits, 0 to 4: below 1, from 1, 2, 4 and 6. */
export function surpriseLevel(bits) {
  return [1, 2, 4, 6].filter((bound) => bits >= bound).length;
}

export function colour(colours, n) {
  if (!n) return colours.zero;
  return n < 0 ? colours.low[-n - 1] : colours.high[n - 1];
}

/** The range of values that a kind of number has: a cell state has no bound, and 4 is taken. */
export const RANGE = {c: 4};

/** P0: whether the page computes what NumPy computes. */
import {h} from "../dom.js";

/** A number as 8 · 10⁻⁷. */
function short(value) {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const [digit, power] = value.toExponential(0).split("e");
  const raised = Array.from(power.replace("+", ""), (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)] ?? "⁻");
  return `${digit} · 10${raised.join("")}`;
}

/** A line that says so, or a box with the numbers that differ. */
export function verdict({characters, whole, single, passed, chaotic}, failure) {
  if (failure || !passed) {
    return h("div", {className: "failed", role: "alert"},
      h("strong", {}, "This page does not agree with NumPy, and shows no numbers."),
      h("p", {}, failure
        ? `Its data is damaged: ${failure}.`
        : `Over ${characters} characters it differs by ${short(whole)}, in single steps by ` +
          `${short(single)}; at most 1 · 10⁻⁵ and 1 · 10⁻⁶ are in order.`),
      h("p", {}, "Write the page again with charrnn lab, or open it in another browser."));
  }
  const title = `Every value of the state, the gates and the prediction at some places of ` +
    `${characters} characters, computed here and by NumPy: ${short(whole)} apart at most in one ` +
    `go, ${short(single)} in single steps.`;
  return h("p", {className: "check", title}, h("span", {"aria-hidden": "true"}, "✓ "),
    chaotic
      ? `agrees with NumPy step by step to ${short(single)}; this network amplifies rounding`
      : `agrees with NumPy to ${short(Math.max(whole, single))} on ${characters} characters`);
}

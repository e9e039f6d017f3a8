/** One number of a step, and the products that it is the sum of. */
import {sigmoid} from "./network.js";

/** @typedef {{name: string, weight: number, value: number, product: number}} Term */

/** The products of a row vector with column j of W: a[i] W[i, j]. @returns {Term[]} */
function terms(values, start, length, W, columns, j, named) {
  return Array.from({length}, (_, i) => {
    const value = values[start + i], weight = W[i * columns + j];
    return {name: named(i), weight, value, product: weight * value};
  });
}

export const total = (list) => list.reduce((sum, {product}) => sum + product, 0);

/**
 * One gate of one unit: what comes from below, from a(t-1), the biases, z and the value.
 * @param {Network} network @param {string[]} gates all gates, in order
 */
export function gateSum(network, gates, layer, unit, gate, k, before, after) {
  const {H, params} = network, columns = network.G * H, j = gates.indexOf(gate) * H + unit;
  const S = network.states.length, below = network.source(layer, k, after);
  const W_ax = params[`W_ax_${layer}`];
  const fromBelow = below
    ? terms(below[0], below[1], below[2], W_ax, columns, j,
      (i) => (layer ? `a(${layer - 1}:${i})` : `e[${i}]`))
    : [{name: "x", weight: W_ax[k * columns + j], value: 1, product: W_ax[k * columns + j]}];
  const fromBefore = terms(before, layer * S * H, H, params[`W_aa_${layer}`], columns, j,
    (i) => `a(${layer}:${i})`);
  const b_a = params[`b_a_${layer}`][j];
  const isReset = network.cell === "gru" && gate === "n";
  const b_n = isReset ? params[`b_n_${layer}`][unit] : 0;
  const r = isReset ? gateSum(network, gates, layer, unit, "r", k, before, after).value : 1;
  const z = total(fromBelow) + r * (total(fromBefore) + b_n) + b_a;
  const isTanh = ["a", "g", "n"].includes(gate);
  const value = isTanh ? Math.tanh(z) : sigmoid(z);
  return {gate, fromBelow, fromBefore, b_a, b_n, r, isReset, z, value, isTanh};
}

/** The score of a character: W_ya a(t) and b_y. */
export function scoreSum(network, id, after) {
  const {H, V, params, L} = network, start = (L - 1) * network.states.length * H;
  const products = terms(after, start, H, params.W_ya, V, id, (i) => `a(${L - 1}:${i})`);
  return {products, b_y: params.b_y[id], score: total(products) + params.b_y[id]};
}

/**
 * One step of the network, as in the equations:
 *
 *     z(t)     = W_ax x(t) + W_aa a(t-1) + b_a        x(t) one-hot, e(t), or a(t) of the layer below
 *     a(t)     = what the cell makes of z(t) and the state before
 *     y_hat(t) = softmax(W_ya a(t) + b_y)
 *
 * Weights are stored (inputs, outputs), the transpose of the equations, gates side by side. Sums
 * are in float64; a state is rounded to float32 after each step, as NumPy keeps it.
 */

export const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/** z[j] += Σ a[i] W[i, j]: row by row, four rows a pass. */
export function multiply(z, a, start, rows, W, columns) {
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const [a0, a1, a2, a3] = [a[start + i], a[start + i + 1], a[start + i + 2], a[start + i + 3]];
    const w0 = i * columns, w1 = w0 + columns, w2 = w1 + columns, w3 = w2 + columns;
    for (let j = 0; j < columns; j++) {
      z[j] += a0 * W[w0 + j] + a1 * W[w1 + j] + a2 * W[w2 + j] + a3 * W[w3 + j];
    }
  }
  for (; i < rows; i++) {
    const ai = a[start + i], w = i * columns;
    for (let j = 0; j < columns; j++) z[j] += ai * W[w + j];
  }
}

/** Scores to natural logarithms of probabilities, in place. */
export function logSoftmax(z) {
  let largest = -Infinity, sum = 0;
  for (const value of z) if (value > largest) largest = value;
  for (const value of z) sum += Math.exp(value - largest);
  const whole = largest + Math.log(sum);
  for (let k = 0; k < z.length; k++) z[k] -= whole;
  return z;
}

/** A network with its parameters; a step writes states, (L, S, H), and gates, (L, G, H). */
export class Network {
  /** @param {object} described @param {Record<string, Float32Array>} params */
  constructor(described, params) {
    this.cell = described.cell;
    this.L = described.layers;
    this.H = described.hidden;
    this.E = described.embedding;
    this.V = described.vocabulary.code_points.length;
    this.G = described.gates.length;
    this.params = params;
    this.gates = described.gates.filter((gate) => !described.states.includes(gate));
    this.states = described.states;
    this.kinds = [...this.states, ...this.gates];
    this.stateSize = this.L * this.states.length * this.H;
    this.gatesSize = this.L * this.gates.length * this.H;
    this.z = new Float64Array(this.G * this.H);
    /** Units that are set to a value after each step: {layer, unit, kind, value}. */
    this.held = [];
    /** Gates that are set to values: {layer, gate, from, values}, (H,), NaN where a unit is free. */
    this.forced = [];
  }

  /** Whether a unit is held or a gate forced: then it is not the network that was trained. */
  get isChanged() {
    return this.held.length + this.forced.length > 0;
  }

  /** What replaces the gates of a unit at step t, [unit, its gates] to its gates; null for nothing. */
  forcing(layer, t) {
    const here = this.forced.filter((one) => one.layer === layer && t >= one.from);
    if (!here.length) return null;
    return (j, gates) => {
      for (const {gate, values} of here) {
        if (!Number.isNaN(values[j])) gates[this.gates.indexOf(gate)] = values[j];
      }
      return gates;
    };
  }

  /** What layer reads: [values, start, length], or the row k of W_ax_0 where x is one-hot. */
  source(layer, k, after) {
    if (layer) return [after, (layer - 1) * this.states.length * this.H, this.H];
    return this.E ? [this.params.W_ex, k * this.E, this.E] : null;
  }

  /**
   * Read the character k: the states before, (L, S, H), to those after; gates, (L, G, H).
   * @param {number} k @param {Float32Array} before @param {Float32Array} after
   * @param {Float32Array} gates @param {number} [t] the step, for gates that are forced from one on
   */
  step(k, before, after, gates, t = Infinity) {
    const {H, z, params, cell} = this, S = this.states.length, columns = this.G * H;
    for (let layer = 0; layer < this.L; layer++) {
      const b_a = params[`b_a_${layer}`], W_ax = params[`W_ax_${layer}`];
      const W_aa = params[`W_aa_${layer}`];
      const at = layer * S * H, g = layer * this.gates.length * H;
      const below = this.source(layer, k, after), replaced = this.forcing(layer, t);
      if (below) {
        for (let j = 0; j < columns; j++) z[j] = b_a[j];
        multiply(z, below[0], below[1], below[2], W_ax, columns);
      } else {
        for (let j = 0; j < columns; j++) z[j] = b_a[j] + W_ax[k * columns + j];
      }
      if (cell === "gru") {
        this.gru(layer, before, after, gates, at, g, W_aa, columns, replaced);
      } else {
        multiply(z, before, at, H, W_aa, columns);
        if (cell === "lstm") {
          for (let j = 0; j < H; j++) {
            let i = sigmoid(z[j]), f = sigmoid(z[H + j]);
            let o = sigmoid(z[2 * H + j]), c_new = Math.tanh(z[3 * H + j]);
            if (replaced) [i, f, o, c_new] = replaced(j, [i, f, o, c_new]);
            gates[g + j] = i;
            gates[g + H + j] = f;
            gates[g + 2 * H + j] = o;
            gates[g + 3 * H + j] = c_new;
            const c = f * before[at + H + j] + i * c_new;
            after[at + H + j] = c;
            after[at + j] = o * Math.tanh(c);
          }
        } else {
          for (let j = 0; j < H; j++) after[at + j] = Math.tanh(z[j]);
        }
      }
      for (const one of this.held) {
        if (one.layer === layer) {
          const s = Math.max(0, this.states.indexOf(one.kind));
          after[at + s * H + one.unit] = one.value;
        }
      }
    }
  }

  /** A step of a GRU: the reset gate weighs the product, W_aa a(t-1) + b_n, and not a(t-1). */
  gru(layer, before, after, gates, at, g, W_aa, columns, replaced) {
    const {H, z} = this, b_n = this.params[`b_n_${layer}`];
    const product = new Float64Array(columns);
    multiply(product, before, at, H, W_aa, columns);
    for (let j = 0; j < H; j++) {
      let r = sigmoid(z[j] + product[j]), u = sigmoid(z[H + j] + product[H + j]);
      if (replaced) [r, u] = replaced(j, [r, u, NaN]);
      let n = Math.tanh(z[2 * H + j] + r * (product[2 * H + j] + b_n[j]));
      if (replaced) [r, u, n] = replaced(j, [r, u, n]);
      gates[g + j] = r;
      gates[g + H + j] = u;
      gates[g + 2 * H + j] = n;
      after[at + j] = (1 - u) * n + u * before[at + j];
    }
  }

  /** log y_hat(t), (V,), of the states after a step. */
  predict(after) {
    const scores = Float64Array.from(this.params.b_y);
    const top = (this.L - 1) * this.states.length * this.H;
    multiply(scores, after, top, this.H, this.params.W_ya, this.V);
    return logSoftmax(scores);
  }

  /** The place of a unit's value in the states of a step, or in the gates. */
  place(kind, layer, unit) {
    const s = this.states.indexOf(kind);
    if (s >= 0) return (layer * this.states.length + s) * this.H + unit;
    return (layer * this.gates.length + this.gates.indexOf(kind)) * this.H + unit;
  }
}

/** A program in plain NumPy that prints one number of the page from the model's own file. */

const CELLS = {
  rnn: ["    a = np.tanh(zx + za)", "    gates = {'a': a}"],
  lstm: [
    "    i, f, o = (1 / (1 + np.exp(-z)) for z in np.split(zx + za, 4)[:3])",
    "    g = np.tanh(np.split(zx + za, 4)[3])",
    "    c = f * c + i * g",
    "    a = o * np.tanh(c)",
    "    gates = dict(i=i, f=f, o=o, g=g)",
  ],
  gru: [
    "    (xr, xu, xn), (ar, au, an) = np.split(zx, 3), np.split(za, 3)",
    "    r, u = 1 / (1 + np.exp(-xr - ar)), 1 / (1 + np.exp(-xu - au))",
    "    n = np.tanh(xn + r * (an + p[f'b_n_{layer}']))",
    "    a = (1 - u) * n + u * a",
    "    gates = dict(r=r, u=u, n=n)",
  ],
};

/**
 * @param {object} described @param {number[]} ids the text up to and with t
 * @param {string} expression what is printed, of `steps` (a dictionary for each layer) and `y_hat`
 */
export function asNumPy(described, ids, expression) {
  const hasC = described.cell === "lstm";
  const body = CELLS[described.cell].map((line) => `    ${line}`);
  const weights = described.stored === "float16" ? ".astype(np.float16)" : "";
  return [
    "import numpy as np",
    `p = np.load(${JSON.stringify(described.name)})`,
    `p = {name: p[name]${weights}.astype(float) for name in p if name[:2] in ("W_", "b_")}`,
    `states = [np.zeros((2, ${described.hidden}))] * ${described.layers}`,
    `for k in ${JSON.stringify(ids)}:`,
    `    below, steps = ${described.embedding ? 'p["W_ex"][k]' : "None"}, []`,
    `    for layer in range(${described.layers}):`,
    "        before = a, c = states[layer]",
    '        W_ax, W_aa = p[f"W_ax_{layer}"], p[f"W_aa_{layer}"]',
    '        zx = (W_ax[k] if below is None else below @ W_ax) + p[f"b_a_{layer}"]',
    "        za = a @ W_aa",
    ...body,
    `        states[layer] = np.array([a, ${hasC ? "c" : "0 * a"}])`,
    "        steps.append({**gates, 'a': a, 'c': states[layer][1], 'zx': zx, 'za': za, " +
      "'before': before})",
    "        below = a",
    'score = below @ p["W_ya"] + p["b_y"]',
    "y_hat = np.exp(score - score.max()) / np.exp(score - score.max()).sum()",
    `print(${expression})`,
    "",
  ].join("\n");
}

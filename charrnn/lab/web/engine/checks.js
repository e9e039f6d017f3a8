/** The page's numbers against NumPy's: 200 characters in one go, and single steps from its states. */

export const BOUND = 1e-5, STEP_BOUND = 1e-6;

/** The largest difference of two arrays, relative where values exceed 1. */
export function difference(own, given, start = 0) {
  let largest = 0;
  for (let j = 0; j < own.length; j++) {
    const theirs = given[start + j];
    const apart = Math.abs(own[j] - theirs) / Math.max(1, Math.abs(theirs));
    if (!(apart <= largest)) largest = apart;
    if (Number.isNaN(apart)) return Infinity;
  }
  return largest;
}

/**
 * Read the text of the check, and compare at its places.
 * @returns {{characters: number, whole: number, single: number, passed: boolean, chaotic: boolean}}
 */
export function check(network, described, data) {
  const {places} = described.check, ids = data.check_ids;
  const after = new Float32Array(network.stateSize), gates = new Float32Array(network.gatesSize);
  const S = network.stateSize, G = network.gatesSize, V = network.V;
  let before = new Float32Array(S), whole = 0, single = 0;
  const apartAt = (n) =>
    Math.max(
      difference(after, data.check_states, n * S),
      G ? difference(gates, data.check_gates, n * G) : 0,
      difference(network.predict(after), data.check_log_y_hat, n * V),
    );
  for (let t = 0; t < ids.length; t++) {
    network.step(ids[t], before, after, gates);
    const n = places.indexOf(t);
    if (n >= 0) whole = Math.max(whole, apartAt(n));
    before = after.slice();
  }
  for (let n = 1; n < places.length; n++) {
    if (places[n] !== places[n - 1] + 1) continue;
    const from = data.check_states.slice((n - 1) * S, n * S);
    network.step(ids[places[n]], from, after, gates);
    single = Math.max(single, apartAt(n));
  }
  const chaotic = whole > BOUND && single <= STEP_BOUND;
  return {characters: ids.length, whole, single, chaotic, passed: whole <= BOUND || chaotic};
}

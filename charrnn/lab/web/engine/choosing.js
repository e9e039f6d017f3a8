/** From a prediction to a character: the filters of `charrnn sample`, in its order. */

export const GREEDY = 1e-6;

/** Settings that change nothing. */
export const AS_IT_IS = {temperature: 1, top_k: 0, top_p: 1, min_p: 0};

/** Ids from the likeliest down; of equals the first comes first. */
export function order(values) {
  return Array.from(values, (_, k) => k).sort((j, k) => values[k] - values[j] || j - k);
}

/**
 * What to draw in proportion to, (V,); the largest is 1: top-k, top-p, min-p, temperature.
 * @param {Float64Array} scores
 */
export function weights(scores, {temperature, top_k, top_p, min_p}) {
  let highest = -Infinity;
  for (const score of scores) if (score > highest) highest = score;
  const log_p = Float64Array.from(scores, (score) => score - highest);
  if (top_k > 0 && top_k < log_p.length) {
    for (const k of order(log_p).slice(top_k)) log_p[k] = -Infinity;
  }
  if (top_p < 1) {
    const ranked = order(log_p), cumulative = [];
    let sum = 0;
    for (const k of ranked) cumulative.push((sum += Math.exp(log_p[k])));
    const last = cumulative.findIndex((reached) => reached >= top_p * sum);
    for (const k of ranked.slice(last + 1)) log_p[k] = -Infinity;
  }
  if (min_p > 0) {
    const least = Math.log(min_p);
    for (let k = 0; k < log_p.length; k++) if (log_p[k] < least) log_p[k] = -Infinity;
  }
  if (temperature < GREEDY) {
    const likeliest = log_p.indexOf(Math.max(...log_p));
    log_p.fill(-Infinity);
    log_p[likeliest] = 0;
  } else if (temperature !== 1) {
    for (let k = 0; k < log_p.length; k++) log_p[k] /= temperature;
  }
  return log_p.map(Math.exp);
}

/** The ids in the order in which `charrnn sample` draws from weights, for the last filter's sake. */
function drawnInOrder(weighed, {temperature, top_k, top_p, min_p}) {
  const cuts = top_p < 1 || (top_k > 0 && top_k < weighed.length);
  return cuts && temperature === 1 && !min_p ? order(weighed) : weighed.map((_, k) => k);
}

/** An id drawn by the scores, as the settings have it; uniform is from 0 up to but not 1. */
export function draw(scores, settings, uniform) {
  const weighed = weights(scores, settings), ids = drawnInOrder(weighed, settings);
  const cumulative = new Float64Array(ids.length);
  let sum = 0;
  for (let n = 0; n < ids.length; n++) cumulative[n] = sum += weighed[ids[n]];
  const wanted = uniform * sum;
  let low = 0, high = cumulative.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return ids[low];
}

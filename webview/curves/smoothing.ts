/**
 * Exponential moving average without the pull of its start: sₙ = w·sₙ₋₁ + (1 − w)·xₙ from s₀ = 0, divided by 1 − wⁿ
 * (the bias correction of Adam, Kingma & Ba 2015, §3), so that the first values are means of what there is.
 *
 * @param values One value a row; a null stays null and does not count.
 * @param weight In [0, 1): how much of the past is kept. 0 returns the values as they are.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight === 0) return [...values];
  const smoothed: (number | null)[] = [];
  let average = 0;
  let remainder = 1;
  for (const value of values) {
    if (value === null) smoothed.push(null);
    else {
      average = weight * average + (1 - weight) * value;
      remainder *= weight;
      smoothed.push(average / (1 - remainder));
    }
  }
  return smoothed;
}

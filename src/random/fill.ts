/**
 * Fills an array with uniform numbers in [low, high), 32 random bits each, from Chris Doty-Humphrey's generator sfc32:
 * a few additions a number, since masks of dropout have millions.
 */
export function fillUniform(array: Float32Array, seed: number, low: number, high: number): void {
  const next = generator(seed);
  const scale = (high - low) / 4_294_967_296;
  for (let index = 0; index < array.length; index += 1) array[index] = low + next() * scale;
}

/** Fills an array with normal numbers of a mean and a standard deviation (Box & Muller 1958). */
export function fillNormal(array: Float32Array, seed: number, mean: number, deviation: number): void {
  const next = generator(seed);
  for (let index = 0; index < array.length; index += 2) {
    // (0, 1], of which the logarithm is finite.
    const radius = deviation * Math.sqrt(-2 * Math.log((next() + 1) / 4_294_967_296));
    const angle = (2 * Math.PI * next()) / 4_294_967_296;
    array[index] = mean + radius * Math.cos(angle);
    if (index + 1 < array.length) array[index + 1] = mean + radius * Math.sin(angle);
  }
}

/** Gives the next 32 random bits at each call. */
function generator(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  };
  // The first numbers of near seeds are alike.
  for (let warmUp = 0; warmUp < 12; warmUp += 1) next();
  return next;
}

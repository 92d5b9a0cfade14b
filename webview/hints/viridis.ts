type Triple = readonly [red: number, green: number, blue: number];

/** A polynomial of degree six through the colours of viridis (Smith & van der Walt 2015), constant term first. */
const COEFFICIENTS: readonly Triple[] = [
  [0.2777273272, 0.0054073445, 0.3340998053],
  [0.1050930431, 1.4046135299, 1.3845901626],
  [-0.3308618287, 0.2148475595, 0.095095163],
  [-4.634230499, -5.7991009734, -19.3324409563],
  [6.2282699363, 14.1799333668, 56.6905526007],
  [4.7763849977, -13.7451453777, -65.3530326334],
  [-5.4354558559, 4.6458526122, 26.3124352496],
];

/** The colour of a value from 0 to 1: equal steps look equal, also without colour vision. Channels from 0 to 255. */
export function viridis(value: number): [red: number, green: number, blue: number] {
  const at = Math.max(0, Math.min(1, value));
  const channel = (index: 0 | 1 | 2): number => {
    const share = COEFFICIENTS.reduceRight((sum, each) => sum * at + each[index], 0);
    return Math.round(255 * Math.max(0, Math.min(1, share)));
  };
  return [channel(0), channel(1), channel(2)];
}

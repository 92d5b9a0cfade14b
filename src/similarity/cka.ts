/**
 * How alike two layers see the same images: linear centred kernel alignment (CKA).
 *
 * With K = XXᵀ and L = YYᵀ for the features X `[images × p]` and Y `[images × q]` of two layers,
 *
 *     CKA(K, L) = HSIC(K, L) / √(HSIC(K, K) · HSIC(L, L))
 *
 * (Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", eq. 4). It is 1 for features that
 * are equal up to an orthogonal transform and one scale, and does not ask both layers to have the same size.
 */

/**
 * `biased`: HSIC(K, L) = tr(KHLH) / (n − 1)² with H = I − 1/n (Kornblith et al. 2019, eq. 3), for images that are all
 * seen at once. `unbiased`: HSIC₁ (Song et al. 2012, eq. 5), whose mean over batches of n ≥ 4 images does not depend on
 * the size of the batches (Nguyen et al. 2021, "Do Wide and Deep Networks Learn the Same Things?", eq. 3).
 */
export type Estimator = 'biased' | 'unbiased';

/** Of what a layer gives, less than this part varying from image to image is noise of float32: the layer is constant. */
const CONSTANT = 1e-10;

/** What a layer gives for a batch, compared image by image. */
export interface LayerGram {
  /** `[images × images]`, row after row: inner products of the features, less their mean over the batch or not. */
  gram: Float32Array;
  /** Sum of the squares of all features, their mean not taken off. */
  energy: number;
}

/** Centred Gram matrices `[images × images]`, whose inner product is HSIC up to a factor of `images` alone. */
export function centreGram(gram: ArrayLike<number>, images: number, estimator: Estimator): Float64Array {
  const unbiased = estimator === 'unbiased';
  const centred = new Float64Array(images * images);
  const sums = new Float64Array(images);
  let total = 0;
  for (let row = 0; row < images; row += 1) {
    for (let column = 0; column < images; column += 1) {
      const value = unbiased && row === column ? 0 : gram[row * images + column]!;
      sums[row]! += value;
      total += value;
    }
  }
  // The diagonal left out, there is one image less to take a mean over (Székely & Rizzo 2014, "U-centering").
  const [perRow, all] = unbiased
    ? [images - 2, total / ((images - 1) * (images - 2))]
    : [images, total / (images * images)];
  for (let row = 0; row < images; row += 1) {
    for (let column = 0; column < images; column += 1) {
      if (unbiased && row === column) continue;
      const value = gram[row * images + column]!;
      centred[row * images + column] = value - sums[row]! / perRow - sums[column]! / perRow + all;
    }
  }
  return centred;
}

/** Adds up what batches tell of all pairs of layers of two models. */
export class CkaSums {
  private readonly cross: Float64Array;
  private readonly rowNorms: Float64Array;
  private readonly columnNorms: Float64Array;
  /** Parts of the features that vary, and all of them: to tell constant layers. */
  private readonly rowEnergies: Float64Array;
  private readonly columnEnergies: Float64Array;

  /**
   * @param rows how many layers the one model has.
   * @param columns how many the other has.
   */
  constructor(
    private readonly rows: number,
    private readonly columns: number,
    private readonly estimator: Estimator,
  ) {
    this.cross = new Float64Array(rows * columns);
    this.rowNorms = new Float64Array(rows);
    this.columnNorms = new Float64Array(columns);
    this.rowEnergies = new Float64Array(2 * rows);
    this.columnEnergies = new Float64Array(2 * columns);
  }

  /**
   * Takes in a batch that both models saw.
   *
   * @param images its size; the same in all batches.
   * @throws RangeError for a batch that is too small for the estimator: less than 2 images, or 4.
   */
  add(rowGrams: readonly LayerGram[], columnGrams: readonly LayerGram[], images: number): void {
    const least = this.estimator === 'unbiased' ? 4 : 2;
    if (images < least)
      throw new RangeError(`A batch of ${images} images is too small: ${least} are needed.`);
    const centre = ({ gram }: LayerGram): Float64Array => centreGram(gram, images, this.estimator);
    const ours = rowGrams.map(centre);
    const theirs = columnGrams.map(centre);
    for (const [row, matrix] of ours.entries()) {
      this.rowNorms[row]! += innerProduct(matrix, matrix);
      for (const [column, other] of theirs.entries()) {
        this.cross[row * this.columns + column]! += innerProduct(matrix, other);
      }
    }
    for (const [column, matrix] of theirs.entries())
      this.columnNorms[column]! += innerProduct(matrix, matrix);
    addEnergies(this.rowEnergies, rowGrams, images);
    addEnergies(this.columnEnergies, columnGrams, images);
  }

  /**
   * Linear CKA of all pairs so far, `[rows × columns]`, from 0 to 1; NaN for a layer that gives the same for every
   * image. Of the unbiased estimator, which may fall a little below 0 for layers that have nothing in common, such
   * values are 0.
   */
  values(): Float32Array {
    const values = new Float32Array(this.rows * this.columns);
    for (let row = 0; row < this.rows; row += 1) {
      for (let column = 0; column < this.columns; column += 1) {
        const index = row * this.columns + column;
        const isConstant =
          isConstantLayer(this.rowEnergies, row) || isConstantLayer(this.columnEnergies, column);
        const norm = Math.sqrt(this.rowNorms[row]! * this.columnNorms[column]!);
        values[index] = isConstant || !(norm > 0) ? NaN : Math.min(1, Math.max(0, this.cross[index]! / norm));
      }
    }
    return values;
  }
}

function innerProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += a[index]! * b[index]!;
  return sum;
}

/** Adds, for each layer, the squares of what differs from the mean over the batch, and all squares. */
function addEnergies(energies: Float64Array, grams: readonly LayerGram[], images: number): void {
  for (const [layer, { gram, energy }] of grams.entries()) {
    let trace = 0;
    let total = 0;
    for (let row = 0; row < images; row += 1) {
      trace += gram[row * images + row]!;
      for (let column = 0; column < images; column += 1) total += gram[row * images + column]!;
    }
    energies[2 * layer]! += trace - total / images;
    energies[2 * layer + 1]! += energy;
  }
}

function isConstantLayer(energies: Float64Array, layer: number): boolean {
  return !(energies[2 * layer]! > CONSTANT * energies[2 * layer + 1]!);
}

/**
 * Receptive fields, as papers count them: on how many pixels of the input image one value of a map depends, also where
 * these would lie beyond the border of the image. Each axis is followed by itself, `[height, width]`.
 */

export type Axes = readonly [number, number];

/**
 * What one value depends on.
 *
 * - A field of `size` pixels; those of neighbouring values are `step` pixels apart.
 * - `whole`: the whole image, e.g. behind a global pooling.
 * - Null: unknown.
 */
export type Field = { readonly size: Axes; readonly step: Axes } | 'whole' | null;

/** The field of the image itself. */
export const pixel: Field = { size: [1, 1], step: [1, 1] };

/** The field of what is computed from values of several maps at one position: the larger one on each axis. */
export function joinFields(fields: readonly Field[]): Field {
  let joined: Field | undefined;
  for (const field of fields) {
    if (field === null) return null;
    if (joined === undefined || field === 'whole') joined = field;
    else if (joined && joined !== 'whole') {
      joined = {
        size: both(joined.size, field.size, Math.max),
        step: both(joined.step, field.step, Math.max),
      };
    }
  }
  return joined ?? null;
}

/** The field behind a convolution or a pooling. */
export function slideWindow(
  field: Field,
  { size, strides = [1, 1], dilation = [1, 1] }: { size: Axes; strides?: Axes; dilation?: Axes },
): Field {
  if (field === null || field === 'whole') return field;
  const reach = both(size, dilation, (count, gap) => (count - 1) * gap);
  return {
    size: both(field.size, both(reach, field.step, multiply), add),
    step: both(field.step, strides, multiply),
  };
}

/**
 * The field behind what makes a map larger.
 *
 * @param taps how many neighbours one new value is computed from: 1 for copies, 2 for linear interpolation, the size of
 *   the kernel over `factor`, rounded up, for a transposed convolution.
 */
export function enlarge(field: Field, factor: Axes, taps: Axes): Field {
  const spread = slideWindow(field, { size: taps });
  if (spread === null || spread === 'whole') return spread;
  return { size: spread.size, step: both(spread.step, factor, (step, times) => step / times) };
}

/**
 * `[height, width]` for a table.
 *
 * @param shape of the layer, without the batch; only maps have a field.
 * @param image `[height, width]` where that is known.
 */
export function shownField(
  field: Field,
  shape: readonly number[] | null,
  image: Axes | null,
): [number, number] | null {
  if (shape?.length !== 3 || field === null) return null;
  if (field === 'whole') return image && [...image];
  return [Math.ceil(field.size[0]), Math.ceil(field.size[1])];
}

function both(left: Axes, right: Axes, combine: (left: number, right: number) => number): [number, number] {
  return [combine(left[0], right[0]), combine(left[1], right[1])];
}

const add = (left: number, right: number): number => left + right;
const multiply = (left: number, right: number): number => left * right;

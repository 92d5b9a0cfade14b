import { sizeOf, type DataType } from '../../graph/value';

/** A tensor in double precision, for references that are written to be read. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Makes a tensor from what stands at each index. */
export function build(shape: readonly number[], element: (index: readonly number[]) => number): Numbers {
  const data = new Float64Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let place = 0; place < data.length; place += 1) {
    data[place] = element(index);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The element at an index; axes of length 1 are broadcast. */
export function at({ shape, data }: Numbers, index: readonly number[]): number {
  let place = 0;
  for (let axis = 0; axis < shape.length; axis += 1) {
    place = place * shape[axis]! + (shape[axis] === 1 ? 0 : index[axis]!);
  }
  return data[place]!;
}

/** All indices of a shape, the last axis fastest. */
export function indicesOf(shape: readonly number[]): number[][] {
  const list: number[][] = [];
  build(shape, (index) => list.push([...index]));
  return list;
}

/** How the numbers of an input are chosen. */
export interface Given {
  readonly shape: readonly number[];
  readonly dtype?: DataType;
  /** The range of numbers drawn; [−1, 1] where it is left out. */
  readonly range?: readonly [number, number];
  /** Numbers to use instead. */
  readonly data?: readonly number[];
}

/** Numbers without a pattern, all different. Those of integers are whole. */
export function draw({ shape, dtype = 'float32', range = [-1, 1], data }: Given, seed: number): Numbers {
  let place = 0;
  return build(shape, () => {
    const turn = Math.sin((place + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    const share = turn - Math.floor(turn);
    const number = data ? data[place]! : range[0] + share * (range[1] - range[0]);
    place += 1;
    if (dtype === 'bool') return Number(data ? number : share > 0.5);
    return dtype === 'int32' ? Math.round(number) : Math.fround(number);
  });
}

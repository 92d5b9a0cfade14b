import { expect, it } from 'vitest';
import { exportsOf } from './exports';

const code = `import * as tf from '@tensorflow/tfjs';
/* export function hidden() {} */
export async function one() {}
  export const two = () => tf.sequential(), x = 1;
// export class gone {}
export abstract class Three {}
export type Options = { a: string };
export interface Shape {}
const url = 'http://x.y'; function four() {}
export { four, url as five, type Options as Six };
export default one;
`;

it('finds what a file of code exports, and where, without types and comments', () => {
  expect(exportsOf(code).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'one function',
    'two constant',
    'Three class',
    'four name',
    'five name',
    'default name',
  ]);
  for (const { name, offset } of exportsOf(code)) expect(code.slice(offset, offset + name.length)).toBe(name);
});

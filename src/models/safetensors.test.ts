import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyedRandom } from '../random/keyed';
import { ModelError } from './model';
import { parseSafetensors, readSafetensors, writeSafetensors, type StoredTensor } from './safetensors';

const example = new Map<string, StoredTensor>([
  ['b', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Number.NaN) }],
  ['a', { dtype: 'I32', shape: [], data: Int32Array.of(-7) }],
  ['mask', { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['half', { dtype: 'F16', shape: [1], data: Uint16Array.of(0x3c00) }],
  ['long', { dtype: 'I64', shape: [1], data: BigInt64Array.of(-9_007_199_254_740_993n) }],
  ['none', { dtype: 'F64', shape: [0, 4], data: new Float64Array(0) }],
]);

/** The bytes of a file with the given header (not padded) and data. */
function fileOf(header: unknown, data: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const entry = (begin: number, end: number, shape = [end - begin], dtype = 'U8') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('writeSafetensors', () => {
  it('writes the format byte by byte', () => {
    const bytes = writeSafetensors(
      new Map<string, StoredTensor>([
        ['z', { dtype: 'U8', shape: [1], data: Uint8Array.of(9) }],
        ['w', { dtype: 'F32', shape: [1, 1], data: Float32Array.of(1) }],
      ]),
      { format: 'distillery' },
    );
    const header =
      '{"__metadata__":{"format":"distillery"},"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},' +
      '"z":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f, 9]);
  });

  it('gives back what was written', () => {
    const { tensors, metadata } = parseSafetensors(writeSafetensors(example, { step: '12' }), 'x');
    expect(metadata).toEqual({ step: '12' });
    expect([...tensors.keys()]).toEqual(['long', 'none', 'a', 'b', 'half', 'mask']);
    for (const [name, tensor] of example) expect(tensors.get(name)).toEqual(tensor);
  });

  it('does not depend on the order of insertion', () => {
    const reversed = new Map([...example].reverse());
    expect(writeSafetensors(reversed)).toEqual(writeSafetensors(example));
  });

  it('writes only the part of a buffer that an array shows', () => {
    const view = Float32Array.of(0, 5, 6, 0).subarray(1, 3);
    const bytes = writeSafetensors(new Map([['v', { dtype: 'F32', shape: [2], data: view }]]));
    expect(parseSafetensors(bytes, 'x').tensors.get('v')?.data).toEqual(Float32Array.of(5, 6));
  });

  it('refuses a shape that the elements do not fill', () => {
    const tensors = new Map<string, StoredTensor>([
      ['v', { dtype: 'F32', shape: [3], data: new Float32Array(2) }],
    ]);
    expect(() => writeSafetensors(tensors)).toThrow('`v`: 2 elements do not fill the shape [3].');
    const reserved = new Map<string, StoredTensor>([
      ['__metadata__', { dtype: 'F32', shape: [1], data: new Float32Array(1) }],
    ]);
    expect(() => writeSafetensors(reserved)).toThrow(RangeError);
  });
});

describe('parseSafetensors', () => {
  it('shares memory where the alignment allows and copies where not', () => {
    const bytes = writeSafetensors(example);
    expect(parseSafetensors(bytes, 'x').tensors.get('b')?.data.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const read = parseSafetensors(shifted.subarray(1), 'x').tensors.get('b');
    expect(read?.data.buffer).not.toBe(shifted.buffer);
    expect(read).toEqual(example.get('b'));
  });

  it('reads an unpadded header, an empty one and names such as __proto__', () => {
    expect(parseSafetensors(fileOf('{}'), 'x').tensors.size).toBe(0);
    const bytes = fileOf('{"__proto__":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', [3, 4]);
    expect(parseSafetensors(bytes, 'x').tensors.get('__proto__')?.data).toEqual(Uint8Array.of(3, 4));
  });

  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'it has only 0 bytes'],
    ['a header beyond the file', fileOf('{}').subarray(0, 9), 'end at byte 10 of 9'],
    ['an absurd header length', new Uint8Array(8).fill(255), 'would have 18446744073709551615 bytes'],
    ['a header that is not JSON', fileOf('{"a":'), 'not JSON'],
    ['a header that is not UTF-8', fileOf('{}').fill(0xff, 8), 'not JSON'],
    ['a list as a header', fileOf('[]'), 'not a JSON object'],
    ['null as a header', fileOf('null'), 'not a JSON object'],
    ['metadata that is not text', fileOf({ __metadata__: { step: 3 } }), 'must map text to text'],
    ['an entry without a shape', fileOf({ a: { dtype: 'U8', data_offsets: [0, 0] } }), '`a` is malformed'],
    ['a negative dimension', fileOf({ a: entry(0, 1, [-1]) }, [0]), '`a` is malformed'],
    ['a fractional offset', fileOf({ a: entry(0, 0.5, [1]) }, [0]), '`a` is malformed'],
    ['an unknown dtype', fileOf({ a: entry(0, 1, [1], 'F4') }, [0]), 'unknown dtype `F4`'],
    ['a dtype from a prototype', fileOf({ a: entry(0, 1, [1], 'toString') }, [0]), 'unknown dtype'],
    ['a tensor beyond the file', fileOf({ a: entry(0, 9) }, [0]), 'ends at byte 9 of 1'],
    [
      'another size than the shape',
      fileOf({ a: entry(0, 1, [1], 'F32') }, [0]),
      'has 1 bytes, but F32 [1] needs 4',
    ],
    ['a shape that overflows', fileOf({ a: entry(0, 1, [2 ** 40, 2 ** 40]) }, [0]), 'has 1 bytes, but'],
    [
      'offsets in reverse',
      fileOf({ a: { dtype: 'U8', shape: [0], data_offsets: [1, 0] } }, [0]),
      'has -1 bytes',
    ],
    ['overlapping tensors', fileOf({ a: entry(0, 2), b: entry(1, 3) }, [0, 0, 0]), '`b` overlaps'],
    [
      'a hole',
      fileOf({ a: entry(0, 1), b: entry(2, 3) }, [0, 0, 0]),
      'bytes 1 to 2 of the data belong to no',
    ],
    ['bytes left over', fileOf({ a: entry(0, 1) }, [0, 0]), '1 bytes at the end'],
  ])('refuses %s', (_, bytes, reason) => {
    const parse = () => parseSafetensors(bytes, 'weights.safetensors');
    expect(parse).toThrow(ModelError);
    expect(parse).toThrow(`weights.safetensors is not a valid safetensors file: `);
    expect(parse).toThrow(reason);
  });

  it('reads or refuses any damaged file, and nothing else', () => {
    const random = keyedRandom(1, 'damage');
    const original = writeSafetensors(example, { step: '12' });
    let refused = 0;
    for (let round = 0; round < 3000; round += 1) {
      const bytes = original.slice(0, random() < 0.3 ? Math.floor(random() * original.length) : undefined);
      for (let change = Math.floor(random() * 4); change >= 0 && bytes.length > 0; change -= 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      try {
        const { tensors } = parseSafetensors(bytes, 'x');
        const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(ModelError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('readSafetensors', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distillery weights '));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('reads a file', async () => {
    const file = join(folder, 'a.safetensors');
    await writeFile(file, writeSafetensors(example));
    expect((await readSafetensors(file)).tensors.get('b')).toEqual(example.get('b'));
  });

  it('names a file that is missing or a folder', async () => {
    const file = join(folder, 'b.safetensors');
    await expect(readSafetensors(file)).rejects.toMatchObject({
      code: 'missing-file',
      message: `${file} does not exist.`,
    });
    await expect(readSafetensors(folder)).rejects.toMatchObject({ code: 'bad-weights' });
  });
});

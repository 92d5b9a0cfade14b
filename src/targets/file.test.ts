import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSafetensors } from '../models/safetensors';
import { openTargets, TargetsWriter, type OpenTargets, type TargetsForm } from './file';

const form: TargetsForm = { key: 'a'.repeat(64), shape: [3, 2] };
const rows = Float32Array.of(0, 1, 2, 3, 4, 5);
const nothing = (): Promise<void> => Promise.resolve();

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'targets-'));
  file = join(folder, 'x.safetensors');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(): Promise<void> {
  const writer = await TargetsWriter.create(file, form, 'logits of a teacher');
  await writer.append(rows.subarray(0, 4));
  await writer.append(rows.subarray(4));
  await writer.finish();
}

async function problemOf(expected = form): Promise<string> {
  const found = await openTargets(file, expected, nothing);
  if (found === null) throw new Error('There is no file.');
  if ('problem' in found) return found.problem;
  await found.handle.close();
  return 'whole';
}

describe('a file of targets', () => {
  it('holds what was written, and any reader of safetensors can read it', async () => {
    await write();
    const found = (await openTargets(file, form, nothing)) as OpenTargets;
    expect(found).toMatchObject({ offset: 4096, bytes: 24 });
    const read = new Float32Array(6);
    await found.handle.read(new Uint8Array(read.buffer), 0, 24, found.offset);
    await found.handle.close();
    expect(read).toEqual(rows);
    const { tensors, metadata } = await readSafetensors(file);
    expect(tensors.get('targets')).toEqual({ dtype: 'F32', shape: [3, 2], data: rows });
    expect(metadata).toMatchObject({ key: form.key, about: 'logits of a teacher' });
    expect(await readdir(folder)).toEqual(['x.safetensors']);
  });

  it('is not there before it is whole, and leaves nothing when it is given up', async () => {
    const writer = await TargetsWriter.create(file, form, 'x');
    await writer.append(rows.subarray(0, 4));
    expect(await openTargets(file, form, nothing)).toBeNull();
    await expect(writer.finish()).rejects.toThrow('x: 16 bytes were written instead of 24.');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is found to be damaged wherever a bit flips', async () => {
    await write();
    const whole = await readFile(file);
    // Length, format, key, shape, checksum and numbers; the spaces that fill the header mean nothing.
    const header = whole.toString('latin1');
    const places = [
      0,
      3,
      9,
      ...['distillery-targets', form.key, 'F32', '[3,2]', '"sha256":"'].map(
        (text) => header.indexOf(text) + text.length - 1,
      ),
    ];
    for (const place of [...places, 4096, 4100, whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped[place]! ^= 1;
      await writeFile(file, flipped);
      expect(await problemOf(), `bit of byte ${place}`).toMatch(
        /is damaged|holds other targets|bytes instead of/,
      );
    }
  });

  it('is found to be cut short, or too long', async () => {
    await write();
    for (const length of [4119, 4096, 100, 8, 3, 0]) {
      await truncate(file, length);
      expect(await problemOf()).toMatch(/is damaged|has 4\d+ bytes instead of 4120/);
    }
    await write();
    await writeFile(file, Buffer.of(0), { flag: 'a' });
    expect(await problemOf()).toMatch('has 4121 bytes instead of 4120');
  });

  it('is refused as the targets of another key or shape', async () => {
    await write();
    expect(await problemOf()).toBe('whole');
    expect(await problemOf({ ...form, key: 'b'.repeat(64) })).toMatch(
      'holds other targets than its name says',
    );
    expect(await problemOf({ ...form, shape: [2, 3] })).toMatch('holds other targets than its name says');
  });

  it('may be written by two at once', async () => {
    const writers = await Promise.all(
      ['one', 'other'].map((about) => TargetsWriter.create(file, form, about)),
    );
    for (const writer of writers) await writer.append(rows);
    await writers[0]!.finish();
    const first = (await openTargets(file, form, nothing)) as OpenTargets;
    await writers[1]!.finish();
    expect(await problemOf()).toBe('whole');
    const read = new Float32Array(6);
    await first.handle.read(new Uint8Array(read.buffer), 0, 24, first.offset);
    await first.handle.close();
    expect(read).toEqual(rows);
    expect(await readdir(folder)).toEqual(['x.safetensors']);
  });

  it('can be given up while it is checked', async () => {
    await write();
    await expect(openTargets(file, form, () => Promise.reject(new Error('stop')))).rejects.toThrow('stop');
  });
});

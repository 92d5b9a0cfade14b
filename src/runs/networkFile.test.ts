import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hashNetwork, weightFilesOf } from './networkFile';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery network '));
});

/** Puts a file into the folder. */
async function put(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

/** A property as ONNX writes it: `key` is field 1, `value` field 2. */
function property(key: string, value: string): Buffer {
  const text = (field: number, content: string): Buffer =>
    Buffer.concat([Buffer.from([(field << 3) | 2, Buffer.byteLength(content)]), Buffer.from(content)]);
  return Buffer.concat([text(1, key), text(2, value)]);
}

describe('the weights of a network', () => {
  it('are found by the names that an ONNX file gives them', async () => {
    const parts = ['big.bin', 'parts/one', 'big.bin'].map((name) => property('location', name));
    const file = await put('net.onnx', Buffer.concat([Buffer.from('head'), ...parts, Buffer.from('tail')]));
    expect(await weightFilesOf(file)).toEqual([join(folder, 'big.bin'), join(folder, 'parts', 'one')]);
    const before = await hashNetwork(file);
    await put('big.bin', 'one');
    const first = await hashNetwork(file);
    await put('big.bin', 'two');
    expect(new Set([before, first, await hashNetwork(file)]).size).toBe(3);
  });

  it('are the shards of a model.json', async () => {
    const json = JSON.stringify({ weightsManifest: [{ paths: ['a.bin', 'b/c.bin'], weights: [] }] });
    const file = await put('model.json', json);
    expect(await weightFilesOf(file)).toEqual([join(folder, 'a.bin'), join(folder, 'b', 'c.bin')]);
  });

  it('are not looked for outside of the folder', async () => {
    const names = ['/dev/zero', '../secret', 'C:\\secret', '..\\secret'];
    const onnx = await put('net.onnx', Buffer.concat(names.map((name) => property('location', name))));
    expect(await weightFilesOf(onnx)).toEqual([]);
    const json = await put('model.json', JSON.stringify({ weightsManifest: [{ paths: names }] }));
    expect(await weightFilesOf(json)).toEqual([]);
    expect(await hashNetwork(json)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are none where the file is not there, is a folder, or is no network', async () => {
    expect(await weightFilesOf(join(folder, 'gone.json'))).toEqual([]);
    expect(await weightFilesOf(join(folder, 'gone.onnx'))).toEqual([]);
    await mkdir(join(folder, 'folder.onnx'));
    expect(await weightFilesOf(join(folder, 'folder.onnx'))).toEqual([]);
    expect(await weightFilesOf(await put('broken.json', '{'))).toEqual([]);
    expect(await weightFilesOf(await put('cut.onnx', property('location', 'big.bin').subarray(0, 14)))).toEqual([]); // prettier-ignore
    expect(await hashNetwork(join(folder, 'gone.json'))).toBeNull();
    const file = await put('net.onnx', property('location', 'a folder'));
    await mkdir(join(folder, 'a folder'));
    expect(await hashNetwork(file)).toMatch(/^[0-9a-f]{64}$/);
  });
});

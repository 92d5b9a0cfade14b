import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TensorProto_DataType as TensorType } from '../../onnx/onnx_pb';
import { ModelError } from '../model';
import { openOnnx } from './open';
import {
  externalWeights,
  graphOf,
  integers,
  modelBytes,
  node,
  smallGraph,
  value,
  weights,
} from './smallModels';

const fixtures = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../test/fixtures/onnx');
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(path.join(tmpdir(), 'distillery-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The error that opening a file ends with. */
async function failure(bytes: Uint8Array, name = 'model.onnx'): Promise<ModelError> {
  await writeFile(path.join(folder, name), bytes);
  const opened = await openOnnx(name, { baseDirectory: folder, context: null, weights: null }).catch(
    (error: unknown) => error,
  );
  expect(opened).toBeInstanceOf(ModelError);
  return opened as ModelError;
}

describe('what is no model', () => {
  test('a missing, an empty and a wrong file, and a folder', async () => {
    const options = { baseDirectory: folder, context: null, weights: null };
    await expect(openOnnx('nothing.onnx', options)).rejects.toMatchObject({
      code: 'missing-file',
      message: `There is no file ${path.join(folder, 'nothing.onnx')}.`,
    });
    await expect(openOnnx('.', options)).rejects.toMatchObject({ code: 'bad-model' });
    expect((await failure(new Uint8Array(0))).message).toMatch(/model\.onnx is empty\. Export/);
    const texts = ['hello', '<!doctype html><html></html>', '{"a": 1}', '\x89PNG\r\n\x1a\n'];
    for (const text of texts) {
      const { code, message } = await failure(Buffer.from(text, 'latin1'));
      expect(code).toBe('bad-model');
      expect(message).toMatch(/is no ONNX model, or it is cut off: its \d+ bytes cannot be read as one/);
    }
  });

  test('a file that is cut off, wherever that is', async () => {
    for (const name of ['legacy.onnx', 'dynamo.onnx']) {
      const whole = await readFile(path.join(fixtures, name));
      for (let part = 1; part < 20; part++) {
        const { code } = await failure(whole.subarray(0, Math.floor((whole.byteLength * part) / 20)));
        expect(code).toBe('bad-model');
      }
      expect((await failure(whole.subarray(0, whole.byteLength / 2))).message).toMatch(/it is cut off/);
    }
  });

  test('a short file that claims to be long', async () => {
    // A graph of 2 GB, of which a kilobyte is there.
    const claims = Buffer.concat([Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x07]), Buffer.alloc(1024)]);
    expect((await failure(claims)).message).toMatch(/it is cut off/);
    const filter = { ...weights('filter', [2, 3, 1, 1]), dims: [1n << 29n, 3n, 1n, 1n] };
    const { code, message } = await failure(modelBytes(smallGraph({ initializer: [filter] })));
    expect(code).toBe('bad-weights');
    expect(message).toContain('the tensor `filter` needs 6442450944 bytes and holds 24');
    const huge = { ...weights('filter', [2, 3, 1, 1]), dims: [1n << 62n, 1n << 62n] };
    expect((await failure(modelBytes(smallGraph({ initializer: [huge] })))).code).toBe('bad-weights');
    const negative = { ...weights('filter', [2, 3, 1, 1]), dims: [-2n, 3n, 1n, 1n] };
    expect((await failure(modelBytes(smallGraph({ initializer: [negative] })))).code).toBe('bad-weights');
    const empty = { ...weights('filter', [2, 3, 1, 1]), rawData: new Uint8Array(0) };
    expect((await failure(modelBytes(smallGraph({ initializer: [empty] })))).message).toContain(
      'needs 6 numbers and holds 0',
    );
  });

  test('damaged bytes end in one error or none, never in a crash', async () => {
    const whole = await readFile(path.join(fixtures, 'legacy-quiet.onnx'));
    const options = { baseDirectory: folder, context: null, weights: null };
    for (let at = 3; at < whole.byteLength; at += 61) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = damaged[at]! ^ 0x55;
      await writeFile(path.join(folder, 'damaged.onnx'), damaged);
      const result = await openOnnx('damaged.onnx', options).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(ModelError);
      else (result as { dispose(): void }).dispose();
    }
  });
});

describe('graphs that cannot run', () => {
  test('a cycle, a tensor that nothing makes, and one that is made twice', async () => {
    const cycle = smallGraph({
      node: [
        node('Add', ['images', 'second'], ['first'], {}, { name: 'one' }),
        node('Relu', ['first'], ['second'], {}, { name: 'two' }),
        node('Relu', ['second'], ['out']),
      ],
    });
    expect((await failure(modelBytes(cycle))).message).toMatch(
      /the node `one` \(Add\) waits for what is made from its own output \(a cycle\)/,
    );
    const dangling = smallGraph({ node: [node('Relu', ['nowhere'], ['out'], {}, { name: 'lost' })] });
    expect((await failure(modelBytes(dangling))).message).toMatch(
      /the node `lost` \(Relu\) takes the tensor `nowhere`, which nothing makes/,
    );
    const output = smallGraph({ output: [value('other', null)] });
    expect((await failure(modelBytes(output))).message).toMatch(/it gives the output `other`, which nothing/);
    const twice = smallGraph({
      node: [node('Relu', ['images'], ['out']), node('Abs', ['images'], ['out'])],
    });
    expect((await failure(modelBytes(twice))).message).toMatch(/two nodes give the tensor `out`/);
  });

  test('several inputs, and inputs that no image can be made into', async () => {
    const two = smallGraph({ input: [value('images', [1, 3, 4, 4]), value('boxes', [1, 4])] });
    expect((await failure(modelBytes(two))).message).toMatch(/takes 2 inputs: `images`, `boxes`\./);
    const text = smallGraph({ input: [value('images', [1, 3, 4, 4], TensorType.INT64)] });
    expect((await failure(modelBytes(text))).message).toMatch(/takes int64 as `images`/);
  });

  test('opsets, formats and ops that onnxruntime does not have', async () => {
    expect((await failure(modelBytes(smallGraph(), { opset: 6 }))).message).toMatch(
      /uses opset 6; opsets 7 to 26 can be run/,
    );
    expect((await failure(modelBytes(smallGraph(), { opset: 27 }))).message).toMatch(/uses opset 27/);
    expect((await failure(modelBytes(smallGraph(), { irVersion: 99n }))).message).toMatch(
      /version 99 of ONNX's format \(IR\)/,
    );
    const custom = smallGraph({
      node: [node('Magic', ['images'], ['out'], {}, { domain: 'our.ops', name: 'spell' })],
    });
    expect((await failure(modelBytes(custom))).message).toMatch(
      /uses the op `our\.ops::Magic` \(node `spell`\)/,
    );
    const unknown = smallGraph({ node: [node('Magic', ['images'], ['out'])] });
    const { code, message } = await failure(modelBytes(unknown));
    expect(code).toBe('bad-model');
    expect(message).toMatch(/onnxruntime does not take .*model\.onnx: .*Magic/);
    expect(message).not.toMatch(/onnxruntime_src/);
  });

  test.each([7, 11, 13, 17, 21, 26])('opset %i is run', async (opset) => {
    await writeFile(path.join(folder, 'opset.onnx'), modelBytes(smallGraph(), { opset }));
    const model = await openOnnx('opset.onnx', { baseDirectory: folder, context: null, weights: null });
    const [out] = model.outputs(tf.ones([2, 4, 4, 3]), ['conv']);
    expect(out!.shape).toEqual([2, 4, 4, 2]);
    model.dispose();
  });

  test('a layer that does not give one result for each image', async () => {
    const graph = graphOf({
      node: [node('Reshape', ['images', 'lengths'], ['out'], {}, { name: 'rows' })],
      input: [value('images', [1, 3, 4, 4])],
      output: [value('out', null)],
      initializer: [integers('lengths', [16, 3])],
    });
    await writeFile(path.join(folder, 'rows.onnx'), modelBytes(graph));
    const model = await openOnnx('rows.onnx', { baseDirectory: folder, context: null, weights: null });
    expect(() => model.outputs(tf.ones([2, 4, 4, 3]), [null])).toThrow(
      /The layer `rows` of .*rows\.onnx gives \[16, 3\] for one image, and not one result for each image/,
    );
    model.dispose();
  });
});

describe('external data', () => {
  const graph = (place: Record<string, string>): Uint8Array =>
    modelBytes(smallGraph({ initializer: [externalWeights('filter', [2, 3, 1, 1], place)] }));

  test('is read from beside the model', async () => {
    const bytes = Buffer.from(Float32Array.from([9, 9, 1, 0, 0, 0, 2, 0]).buffer);
    await writeFile(path.join(folder, 'some.data'), bytes);
    await writeFile(
      path.join(folder, 'outside.onnx'),
      graph({ location: 'some.data', offset: '8', length: '24' }),
    );
    const model = await openOnnx('outside.onnx', { baseDirectory: folder, context: null, weights: null });
    const [maps] = model.outputs(tf.tensor4d([1, 2, 3], [1, 1, 1, 3]).tile([1, 4, 4, 1]), ['conv']);
    expect([...maps!.dataSync()].slice(0, 2)).toEqual([1, 4]);
    expect(model.table.files).toEqual(['outside.onnx', 'some.data'].map((name) => path.join(folder, name)));
    model.dispose();
  });

  test('is refused where it leaves the folder', async () => {
    for (const location of ['../some.data', '/etc/passwd', 'a/../../x', '..\\some.data', 'C:\\x.data', '']) {
      const { code, message } = await failure(graph({ location, length: '24' }));
      expect(code, location).toBe('bad-weights');
      expect(message).toContain(`the weights \`filter\` say that they lie in "${location}"`);
    }
    await symlink(path.join(fixtures, 'tinynet.py'), path.join(folder, 'link.data'));
    expect((await failure(graph({ location: 'link.data', length: '24' }))).message).toMatch(
      /which leaves its folder/,
    );
  });

  test('is told when it is missing or too short', async () => {
    expect(await failure(graph({ location: 'gone.data', length: '24' }))).toMatchObject({
      code: 'missing-file',
      message: expect.stringContaining(`${path.join(folder, 'gone.data')} is not there`) as string,
    });
    await writeFile(path.join(folder, 'short.data'), Buffer.alloc(20));
    const { code, message } = await failure(graph({ location: 'short.data', length: '24' }));
    expect(code).toBe('bad-weights');
    expect(message).toContain(
      `short.data has 20 bytes, and the weights \`filter\` of ${path.join(folder, 'model.onnx')} end at byte 24`,
    );
    const wrong = await failure(graph({ location: 'short.data', length: '8' }));
    expect(wrong.message).toContain('need 24 bytes and have 8 in "short.data"');
    const place = await failure(graph({ location: 'short.data', length: '24', offset: '-4' }));
    expect(place.message).toContain('no sensible place');
  });
});

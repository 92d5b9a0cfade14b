import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { intersectionOverUnion } from '../detection/boxes';
import { selectEngine } from '../engine/select';
import { readImage } from '../images/decode';
import { fitImage } from '../images/fit';
import { openDarknet, type DarknetModel } from '../models/darknet/open';
import { openPredictor, probabilitiesOf, type Prediction } from './predictor';

const data = process.env['DISTILLERY_DATA'] ?? '';
const present = existsSync(join(data, 'yolo-fastest')) && existsSync(join(data, 'photos/dog.jpg'));

/** What test/witness/opencv_darknet.py writes. */
const witnessSchema = z.object({
  photos: z.array(
    z.object({
      image: z.string(),
      width: z.int(),
      height: z.int(),
      boxes: z.array(
        z.object({
          class: z.int(),
          score: z.number(),
          box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
        }),
      ),
    }),
  ),
  maps: z.array(
    z.object({
      layer: z.int(),
      name: z.string(),
      shape: z.array(z.int()),
      mean: z.number(),
      deviation: z.number(),
      middle: z.array(z.number()),
    }),
  ),
});
type Witness = z.infer<typeof witnessSchema>;

const defaults = { threshold: 0.25, overlap: 0.45, resizing: 'bilinear' } as const;

function boxesOf(prediction: Prediction) {
  if (prediction.kind === 'boxes') return prediction.boxes;
  throw new Error('It gave classes.');
}

describe.skipIf(!present)('Yolo-Fastest (needs DISTILLERY_DATA with yolo-fastest/ and photos/)', () => {
  let witness: Witness;
  const models: DarknetModel[] = [];
  const opened = async (name: string): Promise<DarknetModel> => {
    const weights = join(data, `yolo-fastest/${name}.weights`);
    const options = { baseDirectory: join(data, 'yolo-fastest'), context: null, weights };
    const model = await openDarknet(`${name}.cfg`, options);
    models.push(model);
    return model;
  };
  beforeAll(async () => {
    const file = new URL('../../test/fixtures/darknet/yolo-fastest-1.1-xl.opencv.json', import.meta.url);
    witness = witnessSchema.parse(JSON.parse(await readFile(fileURLToPath(file), 'utf8')));
    await selectEngine('auto', process.cwd());
  });
  afterAll(() => {
    for (const model of models) model.dispose();
  });

  it('finds in all photos what an independent reading of the same weights finds', async () => {
    const predictor = openPredictor(await opened('yolo-fastest-1.1-xl'), defaults);
    expect(witness.photos).toHaveLength(5);
    for (const photo of witness.photos) {
      const image = await readImage(join(data, 'photos', photo.image));
      expect(image).toMatchObject({ width: photo.width, height: photo.height });
      const boxes = boxesOf(await predictor.predict(image));
      expect(boxes.map((box) => box.class).sort()).toEqual(photo.boxes.map((box) => box.class).sort());
      for (const wanted of photo.boxes) {
        const overlaps = boxes
          .filter((box) => box.class === wanted.class)
          .map((box) => ({ ...box, overlap: intersectionOverUnion(box.box, wanted.box) }));
        const best = overlaps.sort((a, b) => b.overlap - a.overlap)[0]!;
        expect(best.overlap, `${photo.image}, class ${wanted.class}`).toBeGreaterThan(0.95);
        expect(Math.abs(best.score - wanted.score)).toBeLessThan(0.02);
      }
    }
  });

  it('gives the feature maps that an independent reading gives', async () => {
    const model = await opened('yolo-fastest-1.1-xl');
    const [photo] = witness.photos;
    const image = await readImage(join(data, 'photos', photo!.image));
    const fitted = fitImage(image, { size: [320, 320, 3], letterbox: false, resizing: 'bilinear' });
    const { rows } = model.table;
    let compared = 0;
    for (const map of witness.maps) {
      const row = rows[map.layer]!;
      const [, height, width] = map.shape;
      expect(row.shape).toEqual([height, width, map.shape[0]]);
      // Where Darknet has an activation after it, OpenCV tells what comes before that.
      if (map.name.startsWith('bn') && (await activationOf(model, map.layer)) !== 'linear') continue;
      compared += 1;
      const x = tf.tensor4d(fitted.values, [1, 320, 320, 3]);
      const [output] = model.outputs(x, [row.name]);
      const values = Float32Array.from(await output!.data());
      const at = (Math.floor(height! / 2) * width! + Math.floor(width! / 2)) * map.shape[0]!;
      // OpenCV rounds the pixels of the smaller image to whole numbers, and adds 1e-6 to variances, not 1e-5.
      for (const [channel, wanted] of map.middle.entries()) {
        expect(Math.abs(values[at + channel]! - wanted), `${row.name} channel ${channel}`).toBeLessThan(
          0.12 * map.deviation,
        );
      }
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(mean - map.mean), row.name).toBeLessThan(0.01 * map.deviation);
      tf.dispose([x, output!]);
    }
    expect(compared).toBeGreaterThan(10);
  });

  it('finds on the dog what its data says, with images made smaller as Pillow does', async () => {
    const image = await readImage(join(data, 'photos/dog.jpg'));
    const xl = openPredictor(await opened('yolo-fastest-1.1-xl'), { ...defaults, resizing: 'smooth' });
    const best = bestOf(boxesOf(await xl.predict(image)));
    expect(best(16)).toBeCloseTo(0.89, 1.7);
    expect(best(2)).toBeCloseTo(0.87, 1.7);
    expect(best(1)).toBeCloseTo(0.86, 1.7);
    const small = openPredictor(await opened('yolo-fastest-1.1'), defaults);
    const found = bestOf(boxesOf(await small.predict(image)));
    for (const [id, score] of [[16, 0.65], [2, 0.89], [1, 0.53]] as const) expect(found(id)).toBeGreaterThan(score - 0.05); // prettier-ignore
  });
});

function bestOf(boxes: readonly { class: number; score: number }[]): (id: number) => number {
  return (id) => Math.max(...boxes.filter((box) => box.class === id).map(({ score }) => score));
}

/** The activation of a Darknet layer, by the line of its section. */
async function activationOf({ table }: DarknetModel, layer: number): Promise<string> {
  const { file, line } = table.rows[layer]!.source!;
  const section = (await readFile(file, 'utf8')).split('\n').slice(line).join('\n').split('[')[0]!;
  return /activation\s*=\s*(\w+)/.exec(section)?.[1] ?? 'linear';
}

it('turns logits into probabilities, and leaves probabilities as they are', () => {
  const [first, second] = probabilitiesOf(Float32Array.of(0, Math.log(3)));
  expect(first).toBeCloseTo(0.25);
  expect(second).toBeCloseTo(0.75);
  expect([...probabilitiesOf(Float32Array.of(0.25, 0.75))]).toEqual([0.25, 0.75]);
});

import colors from 'picocolors';
import { ImageError, type RgbImage } from '../images/image';
import type { Resizing } from '../images/fit';
import { ModelError } from '../models/model';
import { DataError } from '../data/dataset';
import { chosenWorkspace } from './workspace';
import { namesBeside, namesOf } from './classNames';
import { CommandError, EXIT, type ExitCode } from './exit';
import { percent, printJson, printLine } from './output';
import type { Predictor, Prediction } from './predictor';

export interface PredictOptions {
  weights?: string;
  names?: string;
  /** Boxes need a higher score. */
  threshold: number;
  /** Of boxes of one class that overlap by more, the best stays. */
  overlap: number;
  /** How many classes are shown. */
  top: number;
  resize: Resizing;
  engine: string;
  workspace?: string;
  json?: boolean;
}

/** What is said of one image. */
interface Report {
  image: string;
  width?: number;
  height?: number;
  boxes?: { class: number; name: string | null; score: number; box: number[] }[];
  classes?: { class: number; name: string | null; probability: number }[];
  error?: string;
}

/** A model that answers, and what its classes are called. */
interface Asked {
  predictor: Predictor;
  names: readonly string[] | null;
}

/** `distillery predict MODEL IMAGE…`: classes with probabilities, or boxes with scores. */
export async function predict(
  model: string,
  images: readonly string[],
  options: PredictOptions,
): Promise<ExitCode> {
  // Loads TensorFlow.js, which commands that only read runs never need.
  const { selectEngine } = await import('../engine/select');
  const workspace = await chosenWorkspace(options.workspace);
  await selectEngine(options.engine, workspace);
  const { predictor, names } = await ask(model, workspace, options);
  const reports: Report[] = [];
  for (const image of images) {
    const report = await reportOn(image, predictor, names, options);
    reports.push(report);
    if (options.json !== true) show(report);
  }
  predictor.dispose();
  if (options.json === true) printJson(reports);
  return reports.some(({ error }) => error !== undefined) ? EXIT.mistake : EXIT.ok;
}

async function reportOn(
  image: string,
  predictor: Predictor,
  names: readonly string[] | null,
  options: PredictOptions,
): Promise<Report> {
  const { readImage } = await import('../images/decode');
  let pixels: RgbImage;
  try {
    pixels = await readImage(image);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return { image, error: error.message };
  }
  const { width, height } = pixels;
  return { image, width, height, ...named(await predictor.predict(pixels), names, options.top) };
}

function named(
  prediction: Prediction,
  names: readonly string[] | null,
  top: number,
): Pick<Report, 'boxes' | 'classes'> {
  const nameOf = (id: number): string | null => names?.[id] ?? null;
  if (prediction.kind === 'boxes') {
    return {
      boxes: prediction.boxes.map(({ class: id, score, box }) => ({
        class: id,
        name: nameOf(id),
        score: rounded(score, 5),
        box: box.map((value) => rounded(value, 2)),
      })),
    };
  }
  const ranked = [...prediction.probabilities.entries()].sort((a, b) => b[1] - a[1]).slice(0, top);
  return {
    classes: ranked.map(([id, probability]) => ({
      class: id,
      name: nameOf(id),
      probability: rounded(probability, 5),
    })),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function show({ image, width, height, boxes, classes, error }: Report): void {
  if (error !== undefined) return;
  printLine(`${colors.bold(image)} ${colors.dim(`${width ?? 0}×${height ?? 0}`)}`);
  const called = (id: number, name: string | null): string => name ?? `class ${id}`;
  for (const { class: id, name, score, box } of boxes ?? []) {
    const [x, y, across, down] = box.map(Math.round);
    printLine(`  ${percent(score).padStart(7)}  ${called(id, name)}  ${x!},${y!} ${across!}×${down!}`);
  }
  if (boxes?.length === 0) printLine('  nothing found');
  for (const { class: id, name, probability } of classes ?? []) {
    printLine(`  ${percent(probability).padStart(7)}  ${called(id, name)}`);
  }
}

/** Opens the model that is asked, and finds what its classes are called. */
async function ask(model: string, workspace: string, options: PredictOptions): Promise<Asked> {
  const { openAsked } = await import('./askedModel');
  const { openPredictor } = await import('./predictor');
  try {
    const opened = await openAsked(model, workspace, options.weights);
    const { threshold, overlap, resize } = options;
    const predictor = openPredictor(opened, { threshold, overlap, resizing: resize });
    const names =
      options.names === undefined
        ? await namesBeside(opened.table.files[0], predictor.classes)
        : await namesOf(options.names, predictor.classes);
    return { predictor, names };
  } catch (error) {
    if (error instanceof ModelError || error instanceof DataError) throw new CommandError(error.message);
    throw error;
  }
}

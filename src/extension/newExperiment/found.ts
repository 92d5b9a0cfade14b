import { parseExperiment } from '../../experiment/parse';
import type { IdxFiles } from './pieces';
import { hintLayersOf, type DatasetName, type HintLayers } from './zooChoices';

/** An experiment of the workspace, as a teacher. */
export interface FoundExperiment {
  dataset: DatasetName;
  /** The model that it trains, as it names it. */
  model: string;
  /** Its layers for hints, where they are known without building it. */
  layers: HintLayers | null;
  /** Whether it learns from a teacher itself. */
  isDistilled: boolean;
}

/** What an experiment file is about; null for one with mistakes, which can teach nobody. */
export function readExperiment(text: string, file: string): FoundExperiment | null {
  const { experiment } = parseExperiment(text, file);
  if (experiment === null) return null;
  const { model, options } = experiment.student;
  return {
    dataset: experiment.data.dataset,
    model,
    layers: hintLayersOf(model, options),
    isDistilled: experiment.teacher !== undefined,
  };
}

/** Return types that tell that a function makes no model. */
const notAModel = /^(?:void|string|number|boolean|tf\.(?:SymbolicTensor|Tensor|layers)|Promise)\b/;

/**
 * The functions of a TypeScript or JavaScript file that may make a model: exported ones of a file that imports tfjs,
 * unless they say that they return something else. A guess without running it; the check of the experiment knows.
 */
export function modelFunctions(text: string): string[] {
  if (!text.includes('@tensorflow/tfjs')) return [];
  const names: string[] = [];
  const exported =
    /^export\s+(?:function\s+([A-Za-z_$][\w$]*)\s*|const\s+([A-Za-z_$][\w$]*)\s*(?::[^=\n]+)?=\s*(?=function\b|\(|[A-Za-z_$][\w$]*\s*=>))/gm;
  for (const match of text.matchAll(exported)) {
    const name = match[1] ?? match[2];
    if (name !== undefined && !notAModel.test(returnType(text, match.index + match[0].length)))
      names.push(name);
  }
  return names;
}

/** The type behind the list of parameters that begins at an offset; empty where none is written. */
function returnType(text: string, start: number): string {
  if (text[start] !== '(') return '';
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    else if (text[index] === ')') depth -= 1;
    if (depth === 0) return /^\s*:\s*([\w.]+)/.exec(text.slice(index + 1, index + 200))?.[1] ?? '';
  }
  return '';
}

const idxName = /(?:^|[/\\])[^/\\]*(?:images|labels)[^/\\]*(?:idx|ubyte)[^/\\]*$/i;

/** The four files of a data set among files of the workspace, by the names that IDX files have; null when one lacks. */
export function findIdxFiles(files: readonly string[]): IdxFiles | null {
  const fitting = files.filter((file) => idxName.test(file));
  const folders = [...new Set(fitting.map((file) => file.slice(0, file.lastIndexOf('/') + 1)))];
  for (const folder of folders.sort((a, b) => a.length - b.length || a.localeCompare(b, 'en'))) {
    const here = fitting.filter((file) => file.slice(0, file.lastIndexOf('/') + 1) === folder);
    const find = (split: RegExp, kind: string): string | undefined =>
      here.find((file) => {
        const name = file.slice(folder.length);
        return split.test(name) && name.includes(kind);
      });
    const [trainImages, trainLabels] = [find(/train/i, 'images'), find(/train/i, 'labels')];
    const [testImages, testLabels] = [find(/test|t10k|val/i, 'images'), find(/test|t10k|val/i, 'labels')];
    if (trainImages === undefined || trainLabels === undefined) continue;
    if (testImages === undefined || testLabels === undefined) continue;
    return {
      train: { images: trainImages, labels: trainLabels },
      test: { images: testImages, labels: testLabels },
    };
  }
  return null;
}

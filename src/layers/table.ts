import { z } from 'zod';

/** A place in a text file: absolute path, line and column from 1. */
export interface SourcePosition {
  file: string;
  line: number;
  column: number;
}

/** A call of the user's code. */
export interface SourceFrame extends SourcePosition {
  /** Name of the function in which the call stands; null at the top of a file. */
  function: string | null;
}

/** Where a layer was made. */
export interface LayerSource extends SourcePosition {
  /** The user's calls that led there, innermost first: the first one is the place itself. */
  chain: SourceFrame[];
}

/** One row of a model's layer table; everything that picks layers reads it. */
export interface LayerRow {
  /** Unique within the model; of a layer in a nested model `outer/inner`. */
  name: string;
  /** `Conv2D`, `BatchNormalization`, … as the model's own format calls it. */
  kind: string;
  /**
   * Without the batch: `[height, width, channels]` or `[units]`, whatever order the format keeps its maps in. A size
   * that depends on the input is −1; null where not even the number of axes is known.
   */
  shape: number[] | null;
  /** Learnt weights, without the running statistics of normalizations. */
  parameters: number;
  /** Multiply-adds for one image. */
  multiplyAdds: number;
  /** `[height, width]` in pixels of the input image on which one value depends; null for vectors and where unknown. */
  receptiveField: [number, number] | null;
  /** Names of the layers that it takes its input from; the input of the model itself has no name and is left out. */
  inputs: string[];
  /** How often the model applies it. A layer that is applied more than once has no one output, and cannot be tapped. */
  uses: number;
  /** Null for models of the zoo and for files that do not tell. */
  source: LayerSource | null;
}

/** `code`: TypeScript or JavaScript; `weights`: a file of weights alone, whose layers have no shapes. */
const modelFormats = ['code', 'zoo', 'onnx', 'darknet', 'tfjs-layers', 'tfjs-graph', 'weights'] as const;
export type ModelFormat = (typeof modelFormats)[number];

/** The layers of a model in an order in which they can run, input layers left out. */
export interface LayerTable {
  /** `zoo/conv-thin`, `./models/student.ts#student` or the path of a file, as it was asked for. */
  label: string;
  format: ModelFormat;
  /** `[height, width, channels]` of an image; null when the model takes something else. */
  input: number[] | null;
  rows: LayerRow[];
  /** Names of the layers that give the outputs of the model, in order. */
  outputs: string[];
  /** Where the function that makes the model is defined, or the file itself begins; null for the zoo. */
  definition: SourcePosition | null;
  /** Absolute paths of the files that the model was made from. */
  files: string[];
  /** What people should know besides, e.g. `ONNX opset 17, by pytorch 2.13.0`. */
  notes: string[];
}

const sourcePositionShape = { file: z.string(), line: z.int().min(1), column: z.int().min(1) };
export const sourcePositionSchema: z.ZodType<SourcePosition> = z.object(sourcePositionShape);
const layerSourceSchema: z.ZodType<LayerSource> = z.object({
  ...sourcePositionShape,
  chain: z.array(z.object({ ...sourcePositionShape, function: z.string().nullable() })),
});
const size = z.int().min(-1);
const count = z.number().min(0);
const layerRowSchema: z.ZodType<LayerRow> = z.object({
  name: z.string(),
  kind: z.string(),
  shape: z.array(size).nullable(),
  parameters: count,
  multiplyAdds: count,
  receptiveField: z.tuple([z.number(), z.number()]).nullable(),
  inputs: z.array(z.string()),
  uses: z.int().min(1),
  source: layerSourceSchema.nullable(),
});

/** What a layer table looks like when it arrives from another process. */
export const layerTableSchema: z.ZodType<LayerTable> = z.object({
  label: z.string(),
  format: z.enum(modelFormats),
  input: z.array(size).nullable(),
  rows: z.array(layerRowSchema),
  outputs: z.array(z.string()),
  definition: sourcePositionSchema.nullable(),
  files: z.array(z.string()),
  notes: z.array(z.string()),
});

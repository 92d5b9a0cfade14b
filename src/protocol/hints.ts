import { z } from 'zod';
import type { HintConfig } from '../experiment/schema';
import type { MethodSchemas } from './channel';
import {
  inspectedModelSchema,
  similarityMatrixSchema,
  type InspectedModel,
  type SimilarityMatrix,
} from './inspection';

/** The models between which hints are picked. */
export interface ModelsState {
  /** Models are built only in folders that are trusted. */
  isTrusted: boolean;
  /** They are being built. */
  isBusy: boolean;
  /** Something has changed since they were built. */
  isStale: boolean;
  /** Why there is no picture at all, or no newer one. */
  failure: string | null;
  /** Whether it is known where in the code that happened. */
  hasFailureSource: boolean;
  /** A model that fails keeps the table that it had before. */
  student: InspectedModel | null;
  teachers: InspectedModel[];
}

/** A hint as the experiment has it, defaults filled in. */
export type PickedHint = HintConfig;

/** The hints, as they stand in the text. */
export interface HintsState {
  /** Name of the experiment file. */
  file: string;
  /** Its address, by which a panel is brought back after the window was reloaded. */
  path: string;
  hints: PickedHint[];
  /** The experiment names a teacher. */
  hasTeacher: boolean;
  /** Why the text cannot be edited from the picker; null when it can. */
  obstacle: string | null;
}

/** How far the comparison of the layers of a teacher and the student has come. */
export type SimilarityState =
  | { kind: 'running'; member: number; message: string; share: number }
  | { kind: 'failed'; member: number; message: string }
  | { kind: 'done'; member: number; matrix: SimilarityMatrix };

export interface PickerState {
  models: ModelsState;
  hints: HintsState;
  similarity: SimilarityState | null;
}

/** Which hint of the text is meant: its place, and what stands there, so that nothing else is ever changed. */
export interface HintTarget {
  index: number;
  hint: PickedHint;
}

/** A layer of one of the models. */
export interface LayerAddress {
  side: 'teacher' | 'student';
  /** Which teacher of an ensemble; 0 for the student. */
  member: number;
  layer: string;
}

/** What the picker may ask of the extension host. Each call is answered, with a value or an error. */
export interface PickerHostApi {
  /** The page has its listeners. */
  ready(): Promise<PickerState>;
  /** Writes a hint into the text of the experiment. */
  addHint(hint: PickedHint): Promise<void>;
  changeHint(target: HintTarget, changed: PickedHint): Promise<void>;
  removeHint(target: HintTarget): Promise<void>;
  /** Shows where a hint stands in the text. */
  showHint(target: HintTarget): Promise<void>;
  /**
   * Shows where a layer is made.
   * @param frame Which of the calls that led there, 0 for the place itself.
   */
  showSource(layer: LayerAddress, frame: number): Promise<void>;
  /** Shows where a model failed; null for what failed as a whole. */
  showFailure(model: { side: LayerAddress['side']; member: number } | null): Promise<void>;
  /** Compares all layers of a teacher with those of the student; what comes of it is told by `similarity`. */
  compare(member: number): Promise<void>;
  stopComparing(): Promise<void>;
  /** Builds the models again. */
  refresh(): Promise<void>;
  showExperiment(): Promise<void>;
  manageTrust(): Promise<void>;
}

/** What the extension host tells the picker. */
export interface PickerPageApi {
  models(state: ModelsState): Promise<void>;
  hints(state: HintsState): Promise<void>;
  similarity(state: SimilarityState | null): Promise<void>;
  /** The cursor of an editor stands there: the layers that are made on that line are meant. */
  selectBySource(file: string, line: number): Promise<void>;
}

const member = z.int().min(0);
const hintSchema: z.ZodType<PickedHint> = z.object({
  teacher: z.string().min(1),
  student: z.string().min(1),
  member,
  adapter: z.enum(['auto', 'none', 'conv1x1', 'regressor', 'strided', 'transposed']),
  distance: z.enum(['l2', 'l1']),
  weight: z.number().min(0),
});

const modelsStateSchema: z.ZodType<ModelsState> = z.object({
  isTrusted: z.boolean(),
  isBusy: z.boolean(),
  isStale: z.boolean(),
  failure: z.string().nullable(),
  hasFailureSource: z.boolean(),
  student: inspectedModelSchema.nullable(),
  teachers: z.array(inspectedModelSchema),
});

const hintsStateSchema: z.ZodType<HintsState> = z.object({
  file: z.string(),
  path: z.string(),
  hints: z.array(hintSchema),
  hasTeacher: z.boolean(),
  obstacle: z.string().nullable(),
});

const similarityStateSchema: z.ZodType<SimilarityState> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), member, message: z.string(), share: z.number() }),
  z.object({ kind: z.literal('failed'), member, message: z.string() }),
  z.object({ kind: z.literal('done'), member, matrix: similarityMatrixSchema }),
]);

const pickerStateSchema: z.ZodType<PickerState> = z.object({
  models: modelsStateSchema,
  hints: hintsStateSchema,
  similarity: similarityStateSchema.nullable(),
});

const sideSchema = z.enum(['teacher', 'student']);
const layerAddressSchema: z.ZodType<LayerAddress> = z.object({ side: sideSchema, member, layer: z.string() });
const targetSchema: z.ZodType<HintTarget> = z.object({ index: z.int().min(0), hint: hintSchema });
const nothing = { parameters: z.tuple([]), result: z.void() };

/** What the host accepts from the picker. */
export const pickerHostMethods: MethodSchemas<PickerHostApi> = {
  ready: { parameters: z.tuple([]), result: pickerStateSchema },
  addHint: { parameters: z.tuple([hintSchema]), result: z.void() },
  changeHint: { parameters: z.tuple([targetSchema, hintSchema]), result: z.void() },
  removeHint: { parameters: z.tuple([targetSchema]), result: z.void() },
  showHint: { parameters: z.tuple([targetSchema]), result: z.void() },
  showSource: { parameters: z.tuple([layerAddressSchema, z.int().min(0)]), result: z.void() },
  showFailure: {
    parameters: z.tuple([z.object({ side: sideSchema, member }).nullable()]),
    result: z.void(),
  },
  compare: { parameters: z.tuple([member]), result: z.void() },
  stopComparing: nothing,
  refresh: nothing,
  showExperiment: nothing,
  manageTrust: nothing,
};

/** What the picker accepts from the host. */
export const pickerPageMethods: MethodSchemas<PickerPageApi> = {
  models: { parameters: z.tuple([modelsStateSchema]), result: z.void() },
  hints: { parameters: z.tuple([hintsStateSchema]), result: z.void() },
  similarity: { parameters: z.tuple([similarityStateSchema.nullable()]), result: z.void() },
  selectBySource: { parameters: z.tuple([z.string(), z.int().min(1)]), result: z.void() },
};

import { z } from 'zod';
import { problemCodes, type Problem } from '../experiment/problem';
import {
  layerTableSchema,
  sourcePositionSchema,
  type LayerTable,
  type SourcePosition,
} from '../layers/table';
import type { MethodSchemas } from './channel';

/** An experiment as it stands in an editor. */
export interface ExperimentText {
  /** Absolute path. */
  file: string;
  text: string;
}

/** Why a model has no layer table. */
export interface ModelFailure {
  message: string;
  /** Where in the model's own files it happened. */
  source: SourcePosition | null;
}

/** A model that an experiment names, looked at. */
export interface InspectedModel {
  /** As the experiment, or the teacher's own experiment, names it. */
  reference: string;
  table: LayerTable | null;
  failure: ModelFailure | null;
}

/** What is known of an experiment when its models were built. */
export interface ExperimentPicture {
  /** Absolute path of the experiment. */
  file: string;
  /** Everything that is wrong with it, in the order of the text. */
  problems: Problem[];
  student: InspectedModel | null;
  /** In the order of the experiment; none for plain training. */
  teachers: InspectedModel[];
  /** Absolute paths of all files whose change makes this picture old: models, data, weights, teachers' experiments. */
  files: string[];
}

/** How alike the layers of a teacher and a student see the same images. */
export interface SimilarityMatrix {
  /** Names of the rows and columns. */
  teacherLayers: string[];
  studentLayers: string[];
  /** Linear CKA from 0 to 1, `[teacherLayers × studentLayers]`, row after row; NaN where a layer is constant. */
  values: Float32Array;
  /** How many images both were shown. */
  images: number;
  /** The best pairs for hints, best first. */
  suggestions: SuggestedHint[];
  /** What to know of the numbers, e.g. that the teacher is not trained yet. */
  notes: string[];
}

export interface SuggestedHint {
  teacher: string;
  student: string;
  /** Linear CKA. */
  similarity: number;
  /** One sentence: why this pair. */
  reason: string;
}

/** What a child process that knows models answers. */
export interface InspectorApi {
  /** Builds the models of an experiment, and looks for everything that is wrong with it. */
  inspect(experiment: ExperimentText): Promise<ExperimentPicture>;
  /** Shows the same images to a teacher and the student and compares all their layers. */
  similarity(experiment: ExperimentText, member: number, images: number): Promise<SimilarityMatrix>;
}

/** What it tells meanwhile. */
export interface InspectorEvents {
  /** How far a call is. @param share from 0 to 1. */
  progress(message: string, share: number): Promise<void>;
  /** Sent every second while a call is answered, as long as the thread that answers is not stuck in anything. */
  alive(): Promise<void>;
}

/** What the watchdog of an inspector writes, a line of JSON, when code of a model does not come to an end. */
export interface StuckReport {
  message: string;
  /** Where in the model's own files it runs; null when that cannot be told. */
  source: SourcePosition | null;
}

export const problemSchema: z.ZodType<Problem> = z.object({
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1),
  endLine: z.int().min(1),
  endColumn: z.int().min(1),
  severity: z.enum(['error', 'warning', 'information']),
  code: z.enum(problemCodes),
  message: z.string(),
  suggestion: z.string().exactOptional(),
});

const experimentTextSchema: z.ZodType<ExperimentText> = z.object({ file: z.string(), text: z.string() });

export const inspectedModelSchema: z.ZodType<InspectedModel> = z.object({
  reference: z.string(),
  table: layerTableSchema.nullable(),
  failure: z.object({ message: z.string(), source: sourcePositionSchema.nullable() }).nullable(),
});

const experimentPictureSchema: z.ZodType<ExperimentPicture> = z.object({
  file: z.string(),
  problems: z.array(problemSchema),
  student: inspectedModelSchema.nullable(),
  teachers: z.array(inspectedModelSchema),
  files: z.array(z.string()),
});

export const similarityMatrixSchema: z.ZodType<SimilarityMatrix> = z.object({
  teacherLayers: z.array(z.string()),
  studentLayers: z.array(z.string()),
  values: z.instanceof(Float32Array),
  images: z.int().min(1),
  suggestions: z.array(
    z.object({ teacher: z.string(), student: z.string(), similarity: z.number(), reason: z.string() }),
  ),
  notes: z.array(z.string()),
});

/** What the inspector accepts from the extension host. */
export const inspectorMethods: MethodSchemas<InspectorApi> = {
  inspect: { parameters: z.tuple([experimentTextSchema]), result: experimentPictureSchema },
  similarity: {
    parameters: z.tuple([experimentTextSchema, z.int().min(0), z.int().min(2)]),
    result: similarityMatrixSchema,
  },
};

/** What the extension host accepts from the inspector. */
export const inspectorEvents: MethodSchemas<InspectorEvents> = {
  progress: { parameters: z.tuple([z.string(), z.number()]), result: z.void() },
  alive: { parameters: z.tuple([]), result: z.void() },
};

export const stuckReportSchema: z.ZodType<StuckReport> = z.object({
  message: z.string(),
  source: sourcePositionSchema.nullable(),
});

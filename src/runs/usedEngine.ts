import { z } from 'zod';

/** The engine that trains a run, as its `start` events and its heartbeat tell it. */
export const usedEngineSchema = z.object({
  name: z.string(),
  /** For people: `CPU (onnxruntime)`. */
  device: z.string(),
  /** Why this one, for people. */
  reason: z.string(),
  /** What executes: `cpu` or `webgpu` of onnxruntime, `wasm`, `javascript`, `tensorflow`. */
  provider: z.string().optional(),
  /** Of the numbers that are computed with: `f32`. */
  precision: z.string().optional(),
  /** Null where the engine decides for itself. */
  threads: z.int().nullable().optional(),
  /** Channels in a block of the blocked ops that are used; null without such ops. */
  block: z.int().nullable().optional(),
});
export type UsedEngine = z.infer<typeof usedEngineSchema>;

/** `compiled on CPU (onnxruntime), f32, 2 threads, blocks of 16`, with what is known. */
export function usedEngineText({ name, device, precision, threads, block }: UsedEngine): string {
  const parts = [
    `${name} on ${device}`,
    precision,
    threads == null ? undefined : threads === 1 ? '1 thread' : `${threads} threads`,
    block == null ? undefined : `blocks of ${block}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

import { z } from 'zod';

/**
 * What the parent and the two programs it measures say to each other: each gets a request as its only argument, tells
 * on a line that it is ready, and then for each number that it reads on a line takes so many steps and tells how long
 * they took. bench/torch/step.py speaks the same.
 */

export const workerRequestSchema = z.object({
  /** A case by its name, or `matmul`: the product of two square matrices, for the machine's peak. */
  name: z.string(),
  batch: z.int().min(1),
  engine: z.string(),
  /** What the compiler leaves undone, to see what it brings; null where the engine is used as a trainer uses it. */
  compiler: z
    .object({ block: z.literal(0), fuse: z.boolean(), rewrite: z.boolean() })
    .partial()
    .nullable(),
  /** Where to write weights and batches for the other side; null: nowhere. */
  twin: z.string().nullable(),
});
export type WorkerRequest = z.infer<typeof workerRequestSchema>;

export interface TorchRequest {
  name: string;
  batch: number;
  threads: number;
  layout: TorchLayout;
  device: string;
  adam: TorchAdam;
  /** A file that our side wrote, to start from the same weights and batches, and to count multiply-adds; or null. */
  twin: string | null;
}

/** `default` is what `torch.optim.Adam(parameters)` gives; `fused` asks for its fused kernel. */
export const TORCH_ADAMS = ['default', 'fused'] as const;
export type TorchAdam = (typeof TORCH_ADAMS)[number];

export const TORCH_LAYOUTS = ['nchw', 'channels_last'] as const;
export type TorchLayout = (typeof TORCH_LAYOUTS)[number];

const sizeSchema = z.object({ parameters: z.number(), multiplyAdds: z.number().nullable() });

export const readySchema = z.object({
  event: z.literal('ready'),
  sizes: z.object({ student: sizeSchema, adapter: sizeSchema, teacher: sizeSchema }),
  /** For one image; of the whole step. Null where only the other side counts. */
  stepMultiplyAdds: z.number().nullable(),
  /** What runs it, for people. */
  device: z.string(),
});
export type Ready = z.infer<typeof readySchema>;

export const turnSchema = z.object({
  event: z.literal('turn'),
  /** Of one step, mean over the turn. */
  milliseconds: z.number(),
  /** Of the processor, all threads together, those that wait and spin included; mean over the turn. */
  processorMilliseconds: z.number(),
  /** Of the last step. */
  loss: z.number(),
  /** Null where nothing is compiled, as in PyTorch. */
  compilation: z
    .object({
      milliseconds: z.object({ trace: z.number(), lower: z.number(), load: z.number() }).nullable(),
      /** Why the step runs op by op after all. */
      refusal: z.string().nullable(),
    })
    .nullable(),
});
export type Turn = z.infer<typeof turnSchema>;

/** Side of the matrices of `matmul`; bench/torch/step.py has the same. */
export const MATMUL_SIZE = 1536;

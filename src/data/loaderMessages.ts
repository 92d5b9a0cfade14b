import type { MessagePort } from 'node:worker_threads';
import type { BatcherOptions } from './batches';
import type { ImageSet } from './dataset';
import type { BatchOrder, NamedRowFiles, SuppliedBatch, SupplyBuffers } from './supply';

/** What the loader's thread is given when it starts. */
export interface LoaderTask {
  /** Its bytes are shared with the thread that trains. */
  set: ImageSet;
  options: BatcherOptions;
  files: NamedRowFiles;
  /** Where orders come from and batches go to. */
  port: MessagePort;
}

/** An order, with the buffers to write into; they travel, and belong to one thread at a time. Null: make some. */
export interface LoaderRequest {
  order: BatchOrder;
  buffers: SupplyBuffers | null;
}

/** A batch, which lies in the buffers that travel with it; or why there is none. */
export type LoaderReply = { batch: SuppliedBatch; buffers: SupplyBuffers } | { failure: string };

/** The memory of buffers, for the list of what travels. */
export function memoryOf({ images, labels, rows }: SupplyBuffers): ArrayBuffer[] {
  return [images, labels, ...Object.values(rows)].map(({ buffer }) => buffer as ArrayBuffer);
}

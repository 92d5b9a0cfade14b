import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import type { BatcherOptions } from './batches';
import type { ImageSet } from './dataset';
import { memoryOf, type LoaderReply, type LoaderRequest, type LoaderTask } from './loaderMessages';
import type { BatchOrder, BatchSupply, NamedRowFiles, SuppliedBatch, SupplyBuffers } from './supply';

export interface LoaderOptions {
  /** The bundled loaderThread.ts. */
  program: string;
  /** Made by {@link shareImages}. */
  set: ImageSet;
  batching: BatcherOptions;
  files: NamedRowFiles;
  /** What will be wanted after an order; null at the end. */
  following: (order: BatchOrder) => BatchOrder | null;
  reason: string;
}

/** Copies a set into memory that several threads can read. */
export function shareImages(set: ImageSet): ImageSet {
  return { ...set, images: shared(set.images), labels: shared(set.labels) };
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/**
 * Makes batches on a thread of their own, one ahead: while the training computes with one pair of buffers, the next
 * batch is written into the other. The batches are those of {@link BatchMaker}, bit for bit. The thread does not keep
 * the process alive.
 */
export class LoaderSupply implements BatchSupply {
  readonly reason: string;
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly following: LoaderOptions['following'];
  /** What the thread works on, or has in store. */
  private ordered: BatchOrder | null = null;
  /** Of the batch that was handed out last. */
  private inUse: SupplyBuffers | null = null;
  /** What came while nobody waited. */
  private arrived: LoaderReply | null = null;
  private waiting: { resolve: (reply: LoaderReply) => void; reject: (error: Error) => void } | null = null;
  private failure: Error | null = null;

  constructor({ program, set, batching, files, following, reason }: LoaderOptions) {
    const { port1, port2 } = new MessageChannel();
    const workerData: LoaderTask = { set, options: batching, files, port: port2 };
    this.worker = new Worker(program, { workerData, transferList: [port2], name: 'loader' });
    this.port = port1;
    this.following = following;
    this.reason = reason;
    this.worker.on('error', (error) => {
      this.fail(error.message);
    });
    this.worker.on('exit', (code) => {
      this.fail(`its thread ended with code ${code}`);
    });
    this.port.on('message', (reply: LoaderReply) => {
      if (this.waiting) this.waiting.resolve(reply);
      else this.arrived = reply;
    });
    this.worker.unref();
    this.port.unref();
  }

  /** @throws Error when the thread has died, or could not make the batch. */
  async next(order: BatchOrder): Promise<SuppliedBatch> {
    let spare = this.inUse;
    this.inUse = null;
    if (this.ordered !== null && !isSame(this.ordered, order)) {
      // The order was another than foreseen; what was made in vain makes room.
      spare = (await this.receive()).buffers;
    }
    if (this.ordered === null) {
      this.request(order, spare);
      spare = null;
    }
    const { batch, buffers } = await this.receive();
    this.inUse = buffers;
    const upcoming = this.following(order);
    if (upcoming !== null) this.request(upcoming, spare);
    return batch;
  }

  async close(): Promise<void> {
    this.failure ??= new Error('The loader of the batches was closed.');
    this.port.close();
    await this.worker.terminate();
  }

  private request(order: BatchOrder, buffers: SupplyBuffers | null): void {
    const request: LoaderRequest = { order, buffers };
    this.ordered = order;
    this.port.postMessage(request, buffers === null ? [] : memoryOf(buffers));
  }

  /** What was ordered, when it is there. */
  private async receive(): Promise<Exclude<LoaderReply, { failure: string }>> {
    // What is there already need not wait for a turn of the event loop.
    const there = receiveMessageOnPort(this.port) as { message: LoaderReply } | undefined;
    const reply = this.arrived ?? there?.message ?? (await this.wait());
    this.arrived = null;
    this.ordered = null;
    if ('failure' in reply) throw new Error(`A batch could not be made: ${reply.failure}`);
    return reply;
  }

  private async wait(): Promise<LoaderReply> {
    if (this.failure) throw this.failure;
    this.port.ref();
    try {
      return await new Promise<LoaderReply>((resolve, reject) => {
        this.waiting = { resolve, reject };
      });
    } finally {
      this.waiting = null;
      this.port.unref();
    }
  }

  private fail(reason: string): void {
    this.failure ??= new Error(`The loader of the batches failed: ${reason}.`);
    this.waiting?.reject(this.failure);
  }
}

function isSame(one: BatchOrder, other: BatchOrder): boolean {
  return one.epoch === other.epoch && one.index === other.index && one.rows.join() === other.rows.join();
}

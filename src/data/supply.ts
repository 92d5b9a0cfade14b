import { Batcher, type BatchBuffers, type BatcherOptions } from './batches';
import type { Batch, ImageSet } from './dataset';
import { RowReader, type RowFile } from './rows';

/** Row files by the names under which their rows come with a batch. */
export type NamedRowFiles = Readonly<Record<string, RowFile>>;

/** Which batch is wanted: of which epoch, from 0, which number in it, and the rows of which files. */
export interface BatchOrder {
  epoch: number;
  index: number;
  rows: readonly string[];
}

/** A batch with the rows that belong to its images, `[size, width]` each. */
export interface SuppliedBatch extends Batch {
  rows: Readonly<Record<string, Float32Array>>;
}

/** Buffers for a batch and its rows; those of rows are made when they are first needed. */
export interface SupplyBuffers extends BatchBuffers {
  rows: Record<string, Float32Array>;
}

/** Where the training loop gets its batches from. */
export interface BatchSupply {
  /** Whether batches are made on this thread or beside it, and why. One sentence. */
  readonly reason: string;
  /** @returns the batch; its arrays are overwritten by the next call. */
  next(order: BatchOrder): Promise<SuppliedBatch>;
  /** Lets go of everything. */
  close(): Promise<void>;
}

/** Makes batches with their rows, on the thread that it is called on. */
export class BatchMaker {
  private readonly batcher: Batcher;
  private readonly reader: RowReader;

  constructor(
    set: ImageSet,
    options: BatcherOptions,
    private readonly files: NamedRowFiles,
  ) {
    this.batcher = new Batcher(set, options);
    this.reader = new RowReader(Object.values(files));
  }

  makeBuffers(): SupplyBuffers {
    return { ...this.batcher.makeBuffers(), rows: {} };
  }

  /** @throws RangeError for an index outside the epoch; what `RowReader.read` throws. */
  make({ epoch, index, rows }: BatchOrder, buffers: SupplyBuffers): SuppliedBatch {
    const batch = this.batcher.batch(epoch, index, buffers);
    const samples = this.batcher.samples(epoch, index);
    const read = rows.map((name): [string, Float32Array] => {
      const file = this.files[name]!;
      const into = (buffers.rows[name] ??= new Float32Array(buffers.labels.length * file.width));
      this.reader.read(file, samples, into);
      return [name, into.subarray(0, samples.length * file.width)];
    });
    return { ...batch, rows: Object.fromEntries(read) };
  }
}

/** Makes each batch when it is asked for, on the thread of the training. */
export class ImmediateSupply implements BatchSupply {
  private readonly buffers: SupplyBuffers;

  constructor(
    private readonly maker: BatchMaker,
    readonly reason: string,
  ) {
    this.buffers = maker.makeBuffers();
  }

  next(order: BatchOrder): Promise<SuppliedBatch> {
    return Promise.resolve(this.maker.make(order, this.buffers));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

import { readSync } from 'node:fs';

/** Numbers that belong to the images of a set, in an open file: a row of float32 for each image, in their order. */
export interface RowFile {
  /** Descriptor of the file; any thread of the process may read from it. */
  descriptor: number;
  /** Bytes before the first row. */
  offset: number;
  rows: number;
  /** Numbers in a row. */
  width: number;
}

/** Files that are not larger than this together are read whole, once. */
export const wholeBytes = 512 * 1024 ** 2;

/**
 * Reads rows in any order: from memory where all files together are small, else row by row from the disk, which the
 * operating system keeps in memory as far as there is any to spare.
 */
export class RowReader {
  private readonly isSmall: boolean;
  private readonly whole = new Map<number, Float32Array>();

  /** @param limitBytes what may be read whole, all files together. */
  constructor(files: readonly RowFile[], limitBytes = wholeBytes) {
    const distinct = new Map(files.map((file) => [file.descriptor, bytesOf(file)]));
    this.isSmall = [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0) <= limitBytes;
  }

  /**
   * Copies rows, one after the other.
   *
   * @param into at least as long as all of them.
   * @throws The error of the file system; an Error when the file ends too early.
   */
  read(file: RowFile, rows: Uint32Array, into: Float32Array): void {
    const { width, offset, descriptor } = file;
    if (this.isSmall) {
      const all = this.readWhole(file);
      for (const [index, row] of rows.entries()) {
        into.set(all.subarray(row * width, (row + 1) * width), index * width);
      }
      return;
    }
    const rowBytes = width * Float32Array.BYTES_PER_ELEMENT;
    for (const [index, row] of rows.entries()) {
      readFully(descriptor, into.subarray(index * width, (index + 1) * width), offset + row * rowBytes);
    }
  }

  private readWhole(file: RowFile): Float32Array {
    let all = this.whole.get(file.descriptor);
    if (all === undefined) {
      all = new Float32Array(file.rows * file.width);
      readFully(file.descriptor, all, file.offset);
      this.whole.set(file.descriptor, all);
    }
    return all;
  }
}

function bytesOf({ rows, width }: RowFile): number {
  return rows * width * Float32Array.BYTES_PER_ELEMENT;
}

function readFully(descriptor: number, into: Float32Array, position: number): void {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  for (let done = 0; done < bytes.length;) {
    const read = readSync(descriptor, bytes, done, bytes.length - done, position + done);
    if (read === 0) {
      throw new Error(
        'A file with the targets of the teacher became shorter while the run read it. Resume the run.',
      );
    }
    done += read;
  }
}

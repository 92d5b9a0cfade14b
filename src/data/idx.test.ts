import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idxBytes, inTemporaryFolder } from '../../test/fixtures/data/idx';
import { DataError } from './dataset';
import { encodeIdxHeader, isGzipped, readIdx, readIdxShape } from './idx';

const IMAGES = idxBytes([2, 2, 3], [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]);

/** Writes `bytes` to a file and gives the error that reading it throws. */
async function errorOf(bytes: Uint8Array, read: (file: string) => Promise<unknown> = readIdx) {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'images.idx');
    await writeFile(file, bytes);
    const error = await read(file).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DataError);
    if (!(error instanceof DataError)) throw new Error('Nothing was thrown.');
    expect(error.file).toBe(file);
    expect(error.message.startsWith(`${file}: `)).toBe(true);
    return error;
  });
}

describe('readIdx', () => {
  it.each([
    ['plain', 'images.idx.gz', IMAGES],
    ['gzipped', 'images.idx', gzipSync(IMAGES)],
    ['gzipped without compression', 'images', gzipSync(IMAGES, { level: 0 })],
  ])('reads a %s file, whatever its name', async (_, name, bytes) => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, name);
      await writeFile(file, bytes);
      const { shape, data } = await readIdx(file);
      expect(shape).toEqual([2, 2, 3]);
      expect([...data]).toEqual([0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]);
      expect(await readIdxShape(file)).toEqual([2, 2, 3]);
      expect(await isGzipped(file)).toBe(bytes !== IMAGES);
    });
  });

  it('reads an empty array', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const bytes of [idxBytes([0, 28, 28], []), gzipSync(idxBytes([0, 28, 28], []))]) {
        await writeFile(join(folder, 'empty'), bytes);
        expect(await readIdx(join(folder, 'empty'))).toMatchObject({ shape: [0, 28, 28] });
      }
    });
  });

  it('says when there is no such file, or a folder', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, 'nothing.gz');
      await expect(readIdx(file)).rejects.toMatchObject({
        name: 'DataError',
        code: 'missing-file',
        file,
        message: `${file}: there is no such file.`,
      });
      await mkdir(join(folder, 'some'));
      await expect(readIdx(join(folder, 'some'))).rejects.toThrow(/this is a folder/);
    });
  });

  it.each([
    [
      'a PNG',
      Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1'),
      /starts with the bytes 89 50 4e 47; .*00 00 08 03/,
    ],
    ['a ZIP', Buffer.from('PK\x03\x04archive'), /50 4b 03 04 \(a ZIP archive: unpack it\)/],
    ['a web page', Buffer.from('\n<!DOCTYPE html><title>404</title>'), /a web page/],
    ['a file gzipped twice', gzipSync(gzipSync(IMAGES)), /1f 8b 08 00 \(gzipped twice/],
    ['an unknown type', Buffer.from([0, 0, 7, 1, 0, 0, 0, 1, 5]), /starts with the bytes 00 00 07 01/],
    ['16-bit integers', Buffer.from([0, 0, 0x0b, 1, 0, 0, 0, 1, 0, 5]), /an IDX file of 16-bit integers/],
    ['64-bit floats', Buffer.from([0, 0, 0x0e, 1, 0, 0, 0, 0]), /an IDX file of 64-bit floats/],
    ['no dimensions', Buffer.from([0, 0, 8, 0, 5]), /announces 0 dimensions/],
    ['a header cut short', IMAGES.subarray(0, 11), /3 dimensions, for which it needs 16 bytes; it holds 11/],
    ['nothing', Buffer.alloc(0), /it holds 0 bytes/],
    ['three bytes', Buffer.from([0, 0, 8]), /it holds 3 bytes/],
  ])('refuses %s', async (_, bytes, message) => {
    expect((await errorOf(bytes)).message).toMatch(message);
    expect((await errorOf(bytes, readIdxShape)).message).toMatch(message);
  });

  it('refuses a file that is too short or too long, and tells by how much', async () => {
    expect((await errorOf(IMAGES.subarray(0, -1))).message).toMatch(
      /holds 28 bytes, but 27 were found\. The file is cut short/,
    );
    expect((await errorOf(Buffer.concat([IMAGES, Buffer.alloc(5)]))).message).toMatch(
      /holds 28 bytes, but 33 were found\. 5 bytes follow/,
    );
  });

  it('refuses gzip data that unpacks to too little or too much', async () => {
    expect((await errorOf(gzipSync(IMAGES.subarray(0, -1)))).message).toMatch(
      /holds 28 bytes, but 27 were found/,
    );
    expect((await errorOf(gzipSync(Buffer.concat([IMAGES, Buffer.alloc(1)])))).message).toMatch(
      /more than the 28 bytes that its header announces/,
    );
  });

  it('does not unpack a bomb further than the header says', async () => {
    const bomb = gzipSync(Buffer.concat([idxBytes([1, 2, 2], [1, 2, 3, 4]), Buffer.alloc(64_000_000)]));
    expect((await errorOf(bomb)).message).toMatch(/more than the 20 bytes/);
  });

  it('refuses damaged or cut gzip data', async () => {
    const random = Uint8Array.from({ length: 40_000 }, (_, index) => (index * index * 31) % 251);
    const packed = gzipSync(idxBytes([1, 200, 200], random));
    expect((await errorOf(packed.subarray(0, packed.length - 9))).message).toMatch(
      /damaged or cut short \(unexpected end of file\)/,
    );
    const wrongSum = Buffer.from(packed);
    wrongSum[packed.length - 8]! ^= 1;
    expect((await errorOf(wrongSum)).message).toMatch(/damaged or cut short \(incorrect data check\)/);
    const noGzip = Buffer.from([0x1f, 0x8b, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await errorOf(noGzip)).message).toMatch(/gzip data is damaged/);
  });

  it('takes no memory for a header that claims more than the file can hold', async () => {
    const claim = encodeIdxHeader([50_000, 200, 200]);
    expect((await errorOf(Buffer.concat([claim, Buffer.alloc(1000)]))).message).toMatch(
      /holds 2000000016 bytes, but 1016 were found/,
    );
    expect((await errorOf(gzipSync(Buffer.concat([claim, Buffer.alloc(1000)])))).message).toMatch(
      /claims 50000×200×200 = 2000000000 bytes, which a gzip file of \d+ bytes cannot hold/,
    );
    const largest = encodeIdxHeader([0xffffffff, 0xffffffff, 0xffffffff]);
    expect((await errorOf(largest)).message).toMatch(/cut short/);
  });
});

import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '../../test/fixtures/data/idx';
import { withMirror } from '../../test/fixtures/data/mirror';
import { DataError } from './dataset';
import { downloadFile, hashFile, isPublished, type DownloadOptions, type PublishedFile } from './download';

const CONTENT = gzipSync(
  Uint8Array.from({ length: 300_000 }, (_, index) => (index * index * 7) % 253),
  {
    level: 0,
  },
);
const FILE: PublishedFile = {
  name: 'train-images-idx3-ubyte.gz',
  bytes: CONTENT.length,
  digest: { algorithm: 'sha256', hex: createHash('sha256').update(CONTENT).digest('hex') },
};

const send: RequestListener = (_, response) => response.end(CONTENT);
const notFound: RequestListener = (_, response) => response.writeHead(404).end('<html>Not here</html>');

/** Downloads from the given mirrors into a new folder; gives what is there afterwards, and the error if there was one. */
async function attempt(mirrors: readonly string[], options: DownloadOptions = {}) {
  return inTemporaryFolder(async (folder) => {
    const target = join(folder, 'cache', FILE.name);
    const error = await downloadFile(FILE, mirrors, target, options).then(
      () => null,
      (thrown: unknown) => {
        if (thrown instanceof DataError) return thrown;
        throw thrown;
      },
    );
    const left = await readdir(join(folder, 'cache'));
    const content = left.includes(FILE.name) ? await readFile(target) : null;
    return { error, left, content };
  });
}

describe('downloadFile', () => {
  it('writes the file and tells how far it is', async () => {
    const asked: (string | undefined)[] = [];
    const progress: number[] = [];
    let sendRest = (): void => undefined;
    const listener: RequestListener = (request, response) => {
      asked.push(request.url, request.headers['accept-encoding']);
      sendRest = () => response.end(CONTENT.subarray(1000));
      response.write(CONTENT.subarray(0, 1000));
    };
    const onBytes = (received: number): void => {
      progress.push(received);
      // Not before the first part has come: the two could arrive as one.
      if (received === 1000) sendRest();
    };
    const { error, left, content } = await withMirror(listener, (mirror) => attempt([mirror], { onBytes }));
    expect(error).toBeNull();
    expect(left).toEqual([FILE.name]);
    expect(content?.equals(CONTENT)).toBe(true);
    expect(asked).toEqual([`/set/${FILE.name}`, 'identity']);
    expect(progress[0]).toBe(1000);
    expect(progress.at(-1)).toBe(CONTENT.length);
  });

  const wrong = Buffer.from(CONTENT);
  wrong[500]! ^= 1;
  const bad: [string, RequestListener, RegExp][] = [
    ['has no such file', notFound, /HTTP status 404 Not Found/],
    ['is out of order', (_, response) => response.writeHead(503).end(), /HTTP status 503/],
    [
      'sends another file',
      (_, response) => response.end(wrong),
      /wrong file: its sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}/,
    ],
    [
      'sends too much',
      (_, response) => response.end(Buffer.concat([CONTENT, CONTENT])),
      /it sends more than the \d+ bytes of the file/,
    ],
    [
      'sends too little',
      (_, response) => response.end(CONTENT.subarray(0, 4000)),
      /it sent 4000 of \d+ bytes/,
    ],
    [
      'cuts the connection',
      (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length });
        response.write(CONTENT.subarray(0, 4000), () => response.destroy());
      },
      /terminated: other side closed/,
    ],
    [
      'falls silent',
      (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length });
        response.write(CONTENT.subarray(0, 4000));
      },
      /nothing arrived for 0\.2 seconds/,
    ],
    ['never answers', () => undefined, /nothing arrived for 0\.2 seconds/],
  ];

  it.each(bad)('gives up a mirror that %s, and leaves nothing behind', async (_, listener, message) => {
    await withMirror(listener, async (mirror) => {
      const { error, left } = await attempt([mirror], { stallMilliseconds: 200 });
      expect(error?.message).toMatch(message);
      expect(error?.message).toContain(`${FILE.name} could not be downloaded:\n${mirror}${FILE.name}: `);
      expect(error?.code).toBe('missing-file');
      expect(left).toEqual([]);
    });
  });

  it.each(bad)('goes on to the next mirror after one that %s', async (_, listener) => {
    await withMirror(listener, (first) =>
      withMirror(send, async (second) => {
        const { error, left, content } = await attempt([first, second], { stallMilliseconds: 200 });
        expect(error).toBeNull();
        expect(left).toEqual([FILE.name]);
        expect(content?.equals(CONTENT)).toBe(true);
      }),
    );
  });

  it('lists every mirror when none can be reached', async () => {
    const gone = await withMirror(send, (mirror) => Promise.resolve(mirror));
    const { error } = await withMirror(notFound, (mirror) => attempt([gone, mirror]));
    expect(error?.message).toContain(`${gone}${FILE.name}: fetch failed`);
    expect(error?.message).toMatch(/ECONNREFUSED/);
    expect(error?.message).toMatch(/404/);
  });

  it('keeps the file whole while several download it at once', async () => {
    await withMirror(send, (mirror) =>
      inTemporaryFolder(async (folder) => {
        const target = join(folder, FILE.name);
        await Promise.all([1, 2, 3, 4].map(() => downloadFile(FILE, [mirror], target)));
        expect(await readdir(folder)).toEqual([FILE.name]);
        expect(await isPublished(target, FILE)).toBe(true);
      }),
    );
  });

  it('blames the disk, not the mirrors, when the file cannot be written', async () => {
    await withMirror(send, (mirror) =>
      inTemporaryFolder(async (folder) => {
        await writeFile(join(folder, 'cache'), 'a file where the folder should be');
        const target = join(folder, 'cache', FILE.name);
        await expect(downloadFile(FILE, [mirror], target)).rejects.toThrow(
          `${target}: the download cannot be written (`,
        );
      }),
    );
  });
});

describe('isPublished', () => {
  it('is true only of the very file', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, FILE.name);
      expect(await isPublished(file, FILE)).toBe(false);
      await writeFile(file, CONTENT.subarray(1));
      expect(await isPublished(file, FILE)).toBe(false);
      await writeFile(file, CONTENT);
      await chmod(file, 0o444);
      expect(await isPublished(file, FILE)).toBe(true);
    });
  });

  it('knows MD5 too', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, 'abc');
      await writeFile(file, 'abc');
      expect(await hashFile(file, 'md5')).toBe('900150983cd24fb0d6963f7d28e17f72');
    });
  });
});

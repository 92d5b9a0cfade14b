import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTrace, sourceFinder, userFrames } from './provenance';
import { node } from './smallModels';

const PACKAGES = '/home/user/venv/lib/python3.11/site-packages';

/** `file:line function` of each frame. */
function brief(frames: readonly { file: string; line: number; function: string | null }[]): string[] {
  return frames.map((frame) => `${frame.file}:${frame.line} ${frame.function ?? '-'}`);
}

describe('stack traces', () => {
  test('as Python prints them, outermost first', () => {
    const trace = `
File "/home/user/project/train.py", line 12, in <module>
    export(model)
  File "<eval_with_key>.3", line 5, in forward
    relu = torch.relu(x)
  File "/home/user/my project/nets (old)/net.py", line 36, in forward
    maps = self.stem(images)
  File "${PACKAGES}/torch/nn/modules/conv.py", line 565, in forward
    return self._conv_forward(input, self.weight, self.bias)`;
    const frames = parseTrace(trace);
    expect(frames).toHaveLength(4);
    expect(brief(userFrames(frames))).toEqual([
      '/home/user/my project/nets (old)/net.py:36 forward',
      '/home/user/project/train.py:12 -',
    ]);
  });

  test('as TorchScript writes them, innermost first, up to the call of the exporter', () => {
    const trace = `${PACKAGES}/torch/nn/modules/conv.py(565): forward
/home/user/project/net.py(36): forward
${PACKAGES}/torch/nn/modules/module.py(1789): _call_impl
/usr/lib/python3.11/contextlib.py(81): inner
${PACKAGES}/torch/onnx/utils.py(898): _trace_and_get_graph_from_model
/home/user/project/export.py(58): <module>
`;
    expect(brief(userFrames(parseTrace(trace)))).toEqual(['/home/user/project/net.py:36 forward']);
  });

  test('of Windows', () => {
    const trace = String.raw`  File "C:\Users\me\nets\net.py", line 4, in forward
    x
  File "C:\Users\me\venv\Lib\site-packages\torch\nn\modules\conv.py", line 565, in forward`;
    expect(brief(userFrames(parseTrace(trace)))).toEqual([String.raw`C:\Users\me\nets\net.py:4 forward`]);
    const script = String.raw`C:\Users\me\nets\net.py(4): forward`;
    expect(brief(parseTrace(script))).toEqual([String.raw`C:\Users\me\nets\net.py:4 forward`]);
  });

  test('of a network that comes from a package lead into the package', () => {
    const trace = `${PACKAGES}/torch/nn/modules/conv.py(565): forward
${PACKAGES}/torchvision/models/resnet.py(92): forward
${PACKAGES}/torch/onnx/utils.py(898): export
/home/user/project/export.py(58): main`;
    expect(brief(userFrames(parseTrace(trace)))).toEqual([
      `${PACKAGES}/torchvision/models/resnet.py:92 forward`,
    ]);
  });

  test('that are none', () => {
    for (const text of ['', 'A convolution of the stem', 'f(0): g', `File "x", line 0, in f`]) {
      expect(parseTrace(text)).toEqual([]);
    }
  });
});

describe('files of another machine', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'distillery-onnx-'));
    for (const file of ['project/nets/net.py', 'project/exported/net.py', 'project/nets/parts/block.py']) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), '');
    }
  });
  afterAll(() => rm(root, { recursive: true }));

  const found = (file: string): string | undefined => {
    const docString = `${file}(3): forward`;
    return sourceFinder(path.join(root, 'project/exported'))(node('Relu', [], [], {}, { docString }))?.file;
  };

  test('are found here by the longest end of their path, then by the nearest folder', () => {
    expect(found('/home/other/work/nets/net.py')).toBe(path.join(root, 'project/nets/net.py'));
    expect(found('/home/other/work/nets/parts/block.py')).toBe(
      path.join(root, 'project/nets/parts/block.py'),
    );
    expect(found('/elsewhere/net.py')).toBe(path.join(root, 'project/exported/net.py'));
    expect(found(String.raw`C:\work\nets\net.py`)).toBe(path.join(root, 'project/nets/net.py'));
  });

  test('keep their path where they are not here, and where it is one of this machine', () => {
    expect(found('/home/other/work/absent.py')).toBe('/home/other/work/absent.py');
    expect(found('/x/../net.py')).toBe('/x/../net.py');
    const own = path.join(root, 'project/nets/net.py');
    expect(found(own)).toBe(own);
  });
});

import { describe, expect, it } from 'vitest';
import { ModelError } from '../model';
import { cfgOf, networkOf } from './network.fixture';
import { readNetwork } from './network';
import { darknetTable } from './rows';

const file = '/nets/test.cfg';

function refusal(text: string, input: readonly [number, number, number] | null = null): ModelError {
  try {
    readNetwork(text, file, input);
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

describe('the text of a cfg', () => {
  it('may have blanks, comments and line ends of any kind', () => {
    const text =
      '# a net\r\n ; for tests\r\n [ net ] \r\n width = 6\r\nheight=4 # rows\r\n\r\n[conv]\r\n\tfilters\t= 2 ;two\r\nsize=1\r\n';
    const { layers, input } = readNetwork(text, file, null);
    expect(input).toEqual([4, 6, 3]);
    expect(layers).toHaveLength(1);
    expect(layers[0]).toMatchObject({ name: '0/conv', shape: [4, 6, 2] });
    expect(layers[0]!.section.position).toEqual({ file, line: 7, column: 1 });
  });

  it('says that of a key that stands twice the first counts, where it matters', () => {
    const { layers, notes } = networkOf(['convolutional filters=2 filters=4 size=1 size=1']);
    expect(layers[0]!.shape).toEqual([8, 6, 2]);
    expect(notes).toEqual(['`filters` stands twice in [convolutional], line 8: Darknet takes the first.']);
  });

  it.each([
    ['', 1, 1, 'The first section of a Darknet cfg is [net]'],
    ['[convolutional]\nfilters=1', 1, 1, 'The first section of a Darknet cfg is [net]'],
    ['\u0000\u0001binary', 1, 1, 'This is no text'],
    ['width=3', 1, 1, '`width` belongs to no section'],
    ['[net]\nwidth=4\n  height', 3, 3, '`height` is neither a [section] nor key=value'],
    [
      '[net]\nwidth=4\nheight=4\n[convolutional\n',
      4,
      1,
      '`[convolutional` is no section: write it as [convolutional]',
    ],
    ['[net]\nheight=4\n', 1, 1, '[net] does not say the `width` of the image'],
    ['[net]\nheight=4\nwidth= big\n', 3, 8, '`width` must be a whole number of at least 1, not `big`'],
    ['[net]\nheight=4\nwidth=0\n', 3, 7, '`width` must be a whole number of at least 1, not `0`'],
    ['[net]\nheight=4\nwidth=4\n', 1, 1, 'There is no layer after [net]'],
  ])('%j is refused at its place', (text, line, column, message) => {
    const error = refusal(text);
    expect(error.message).toContain(`${file}:${line}:${column}: ${message}`);
    expect(error.source).toEqual({ file, line, column });
  });
});

describe('a network', () => {
  it('that is too heavy to be built is refused where it becomes so', () => {
    const error = refusal(cfgOf(['convolutional filters=8', 'convolutional filters=99999999 size=9 pad=1']));
    expect(error.message).toContain('Up to here the network has 64,899,999,383 weights');
    expect(error.source).toMatchObject({ line: 10 });
  });
});

describe('a section', () => {
  it.each<[section: string, message: string, suggestion?: string]>([
    ['convolutionel size=1', 'Darknet has no section [convolutionel]. Did you mean', 'convolutional'],
    ['shortcuts from=-2', 'Darknet has no section [shortcuts]. Did you mean `shortcut`?', 'shortcut'],
    ['lstm output=3', '[lstm] is not supported. Supported are [convolutional], [shortcut]'],
    ['net width=3', 'There is a second [net].'],
    [
      'convolutional activation=leeky',
      'The activation `leeky` is not supported. Did you mean `leaky`?',
      'leaky',
    ],
    ['convolutional activation=hardtan', 'The activation `hardtan` is not supported.'],
    ['convolutional filter=3', '[convolutional] knows no key `filter`. Did you mean `filters`?', 'filters'],
    [
      'convolutional filters=6 groups=4',
      '4 groups must divide both the 4 channels that come in and the 6 filters',
    ],
    ['convolutional size=9', 'Nothing is left of the map here'],
    ['convolutional xnor=1', '`xnor` in [convolutional] is not supported'],
    ['convolutional size=3 dilation=2', 'With `dilation`, `size` must be odd and `pad=1`'],
    ['route', '[route] needs `layers`'],
    ['route layers=1', '`layers=1` names no layer before layer 1: from 0 to 0, or -1 to -1.'],
    ['route layers=-2', '`layers=-2` names no layer before layer 1'],
    ['route layers=x', '`layers` must be numbers between commas, not `x`'],
    ['route layers=-1 groups=3', 'The 4 channels of 0/conv do not fall into 3 groups'],
    ['route layers=-1 groups=2 group_id=2', '`group_id` counts from 0: of 2 groups the last is 1'],
    ['shortcut from=-1 weights_type=per_channel', 'A [shortcut] with weights of its own is not supported'],
    ['upsample scale=2', 'Only `scale=1` is supported'],
    ['softmax', 'Only a plain [softmax] over 1×1×classes is supported, not 8×6×4'],
    ['dropout probability=1', '`probability` must be at least 0 and less than 1'],
    ['yolo classes=2 num=2 anchors=1,2,3', '`anchors` has 3 numbers; num=2 anchors need 4'],
    ['yolo classes=2 num=1 mask=1 anchors=1,2', 'there is no anchor 1 of 1'],
    [
      'yolo classes=2 num=1 anchors=1,2',
      '[yolo] needs 1 anchors × (2 classes + 5) = 7 channels; 0/conv gives 4',
    ],
    ['scale_channels from=0', 'The factors must be 1×1×4, but 0/conv gives 8×6×4'],
  ])('%s is refused', (section, message, suggestion) => {
    const error = refusal(cfgOf(['convolutional filters=4 activation=linear', section]));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^\/nets\/test\.cfg:\d+:\d+: /);
    expect(error.suggestion).toBe(suggestion ?? null);
  });

  it('refuses maps that do not meet', () => {
    const halved = ['convolutional filters=4', 'maxpool size=2 stride=2'];
    expect(refusal(cfgOf([...halved, 'route layers=-1,-2'])).message).toContain(
      'Maps of one size can be joined only: 1/maxpool gives 4×3×4, 0/conv gives 8×6×4.',
    );
    expect(refusal(cfgOf([...halved, 'shortcut from=-2'])).message).toContain(
      'Maps of one shape can be combined only',
    );
  });
});

it('notes what is done in another way than the cfg says', () => {
  const yolo = 'yolo classes=1 num=1 anchors=1,2';
  const { notes } = networkOf([
    'convolutional filters=6',
    'dropout dropblock=1',
    `${yolo} nms_kind=diounms`,
    'route layers=0',
    `${yolo} nms_kind=greedynms`,
  ]);
  expect(notes).toEqual([
    'DropBlock is trained as ordinary dropout: 1/dropout.',
    'Boxes are suppressed as by `nms_kind=greedynms`: 2/yolo.',
  ]);
});

describe('the size of the image', () => {
  const pyramid = cfgOf(
    ['maxpool size=2 stride=2', 'maxpool size=2 stride=2', 'upsample', 'route layers=-1,0'],
    'width=8 height=8',
  );

  it('is that of the data, when there is data', () => {
    expect(readNetwork(pyramid, file, [4, 12, 3]).layers.at(-1)!.shape).toEqual([2, 6, 6]);
  });

  it('must be a multiple of the largest stride', () => {
    expect(refusal(pyramid, [8, 10, 3]).message).toBe(
      `${file}:2:7: An image of 10×8 does not fit: width and height must be multiples of 4, the largest stride of the network, such as 12×8.`,
    );
  });

  it('has as many channels as the network takes', () => {
    expect(refusal(pyramid, [8, 8, 1]).message).toContain('The network takes 3 channels, the images have 1');
  });
});

it('tables layers as Darknet counts them, with what each costs and sees', () => {
  const network = networkOf([
    'convolutional filters=4 size=3 stride=2 pad=1 batch_normalize=1 activation=leaky',
    'convolutional filters=4 groups=4 size=3 pad=1 activation=linear',
    'route layers=-1,-2',
    'avgpool',
    'softmax',
  ]);
  const { rows, outputs, definition, input } = darknetTable(network, 'test.cfg', [file], []);
  expect(input).toEqual([8, 6, 3]);
  expect(outputs).toEqual(['4/softmax']);
  expect(definition).toEqual({ file, line: 1, column: 1 });
  expect(
    rows.map(({ name, kind, shape, parameters, multiplyAdds, receptiveField, inputs, source }) => {
      return [name, kind, shape, parameters, multiplyAdds, receptiveField, inputs, source?.line];
    }),
  ).toEqual([
    ['0/conv', 'convolutional', [4, 3, 4], 108 + 8, 108 * 12, [3, 3], [], 6],
    ['1/conv', 'convolutional', [4, 3, 4], 36 + 4, 36 * 12, [7, 7], ['0/conv'], 14],
    ['2/route', 'route', [4, 3, 8], 0, 0, [7, 7], ['1/conv', '0/conv'], 21],
    ['3/avgpool', 'avgpool', [1, 1, 8], 0, 0, [13, 11], ['2/route'], 24],
    ['4/softmax', 'softmax', [8], 0, 0, null, ['3/avgpool'], 26],
  ]);
});

import { describe, expect, it } from 'vitest';
import { WORKED_EXAMPLE } from '../experiment/reference';
import { ExperimentSource } from '../experiment/source';
import { sketchAt, sketchOf, sketchValue } from './sketch';

const read = (text: string): unknown => sketchValue(sketchOf(text));

describe('right texts are read as they are', () => {
  it.each([
    WORKED_EXAMPLE,
    WORKED_EXAMPLE.replaceAll('\n', '\r\n'),
    "# c\na: 1\n\n# d\nb:\n  - c: 1\n    d: [1, 2]\n  - - 5\n    - x\nc: { d: \"e, f\", g: 'it''s' } # h\n",
    'a:\n- 1\n- b: 2\nc: 3\n',
    'a: [\n  { b: 1 }, # c\n  { b: 2 },\n]\nd: ~\n',
    '---\na: &x 5\nb: http://x.y/z#w\n',
    'a:\n  # c\n  b: 1\n"c d": 2\n',
    'a:\n  -\n    b: 1\n  -\n    - 2\n',
    '- 1\n- { a: 2 }\n',
  ])('%j', (text) => {
    expect(read(text)).toEqual(new ExperimentSource(text).value());
  });
});

describe('broken texts are read as far as they make sense', () => {
  it.each<[string, unknown]>([
    ['a: { b: 1, c\nd: 2\n', { a: { b: 1, c: null }, d: 2 }],
    ['a: [1, { b: 2\nd: 2\n', { a: [1, { b: 2 }], d: 2 }],
    ['a: { b: c: 2 }', { a: { b: null, c: 2 } }],
    ['a:\n  te\n  b: 1\n', { a: { te: null, b: 1 } }],
    ['a: "x\nb: 1\n', { a: 'x', b: 1 }],
    ['a: 1\n      b: 2\nc: 3\n', { a: 1, c: 3 }],
    ['a: }\nb: ]\n', { a: '}', b: ']' }],
    ['a: { { b } ]\nc: 1\n', { a: {}, c: 1 }],
    ['}', { '}': null }],
    ['', null],
  ])('%j', (text, expected) => {
    const value = read(text);
    if (text.includes('{ {')) expect(value).toHaveProperty('c', 1);
    else expect(value).toEqual(expected);
  });

  it('without end', () => {
    for (const scrap of ['{', '}', '[', ']', ': ', '- ', '\n', '  ', '"', "'", '#', '&a ', '|', ',']) {
      for (let at = 0; at < WORKED_EXAMPLE.length; at += 11) {
        sketchOf(WORKED_EXAMPLE.slice(0, at) + scrap + WORKED_EXAMPLE.slice(at + 2));
        sketchOf(WORKED_EXAMPLE.slice(0, at) + scrap);
      }
    }
  });
});

it('gives up a text that is nested without end', () => {
  for (const scrap of ['[', '{a: ', '- ', '{']) expect(() => sketchOf(scrap.repeat(50_000))).not.toThrow();
  const steps = Array.from({ length: 5000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
  expect(() => sketchOf(steps)).not.toThrow();
});

it('knows where each part stands', () => {
  const text = 'a: { b: 1 }\nc:\n  - d: "e"\n';
  const item = sketchAt(sketchOf(text), ['c', 0, 'd']);
  expect(text.slice(item?.start, item?.end)).toBe('"e"');
  const list = sketchAt(sketchOf(text), ['c']);
  expect(text.slice(list?.start, list?.end)).toBe('- d: "e"');
});

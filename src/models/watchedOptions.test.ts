import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { watchOptions } from './watchedOptions';

const given = { width: 8, block: { depth: 2, kind: 'plain' }, hidden: [1, 2] };

describe('watched options', () => {
  it('tell what was never read, and what was looked for in vain', () => {
    const { options, unread } = watchOptions({ ...given, widht: 3 });
    const { width, height = 4 } = options;
    const block = options['block'] as Record<string, unknown>;
    expect([width, height, block['depth'], block['norm']]).toEqual([8, 4, 2, undefined]);
    expect(unread()).toEqual([
      { path: ['block', 'kind'], missed: ['norm'], read: ['depth'] },
      { path: ['hidden'], missed: ['height'], read: ['width', 'block'] },
      { path: ['widht'], missed: ['height'], read: ['width', 'block'] },
    ]);
  });

  it.each([
    ['a spread', (options: object) => ({ ...options })],
    ['a clone', (options: object) => structuredClone(options)],
    ['JSON', (options: object): unknown => JSON.parse(JSON.stringify(options))],
    ['Object.entries', (options: object) => Object.fromEntries(Object.entries(options))],
  ])('count all as read by %s', (_, copy) => {
    const { options, unread } = watchOptions(given);
    expect(copy(options)).toEqual(given);
    expect(unread().filter(({ path }) => path.length === 1)).toEqual([]);
  });

  it('are otherwise like a plain object that may be changed, and print like one', () => {
    const { options } = watchOptions(given);
    expect(options).toBeInstanceOf(Object);
    expect(Object.keys(options)).toEqual(Object.keys(given));
    expect('width' in options).toBe(true);
    expect('height' in options).toBe(false);
    expect(inspect(options)).toBe(inspect(given));
    options['width'] = 9;
    options['height'] ??= 3;
    expect([options['width'], options['height']]).toEqual([9, 3]);
    expect(given.width).toBe(8);
  });
});

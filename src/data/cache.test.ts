import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheDirectory } from './cache';

describe('cacheDirectory', () => {
  const given = resolve('/var/cache of mine');

  it.each([
    ['linux', {}, join(homedir(), '.cache')],
    ['linux', { XDG_CACHE_HOME: given }, given],
    ['linux', { XDG_CACHE_HOME: 'relative' }, join(homedir(), '.cache')],
    ['darwin', { XDG_CACHE_HOME: given }, given],
    ['darwin', {}, join(homedir(), 'Library', 'Caches')],
    ['win32', { LOCALAPPDATA: given }, given],
    ['win32', { LOCALAPPDATA: resolve('/local'), XDG_CACHE_HOME: given }, given],
    ['win32', {}, join(homedir(), 'AppData', 'Local')],
  ] as const)('on %s with %j', (platform, environment, parent) => {
    expect(cacheDirectory(environment, platform)).toBe(join(parent, 'distillery'));
  });
});

import { describe, expect, it, vi } from 'vitest';
import type { HostApi } from '../../src/protocol/messages';
import { cutIntoDeltas, fabricateCurves, fabricateRun } from '../../test/webview/fabricate';
import { Session } from './session';

function open(answers: Partial<HostApi> = {}, saved?: unknown) {
  const list = ['a', 'b', 'c'].map((id) => fabricateRun({ id }));
  const host = {
    ready: vi.fn(answers.ready ?? ((shown) => Promise.resolve({ runs: list, shown }))),
    show: vi.fn(answers.show ?? (() => Promise.resolve())),
    resync: vi.fn(answers.resync ?? (() => Promise.resolve())),
    act: vi.fn(answers.act ?? (() => Promise.resolve())),
  };
  const save = vi.fn();
  const changed = vi.fn();
  return { session: new Session(host, saved, { save, changed }), host, list, save, changed };
}

const [first, second, third, fourth] = cutIntoDeltas(fabricateCurves({ id: 'a', rows: 40 }), 4);

describe('the start', () => {
  it('tells the host which runs were shown before, and takes over its answer', async () => {
    const { session, host } = open({}, { shown: ['b', 'a'], slots: { b: 0, a: 1 } });
    expect(session.phase).toBe('loading');
    await session.start();
    expect(host.ready).toHaveBeenCalledWith(['b', 'a']);
    expect(session.phase).toBe('ready');
    expect(session.shownRuns.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('says why it failed, and can be tried again', async () => {
    const ready = vi
      .fn<HostApi['ready']>()
      .mockRejectedValueOnce(new Error('the folder cannot be read'))
      .mockResolvedValue({ runs: [], shown: [] });
    const { session } = open({ ready });
    await session.start();
    expect(session.phase).toBe('failed');
    expect(session.problem).toContain('the folder cannot be read');
    await session.start();
    expect([session.phase, session.problem]).toEqual(['ready', null]);
  });

  it('does not show runs that are gone', async () => {
    const { session } = open({}, { shown: ['a', 'gone'] });
    await session.start();
    expect(session.shownRuns.map(({ id }) => id)).toEqual(['a']);
  });
});

describe('the curves', () => {
  it('asks once for everything when a delta is missing, and goes on when it comes', async () => {
    const { session, host } = open({}, { shown: ['a'] });
    await session.start();
    await session.curves(first!);
    await session.curves(third!);
    await session.curves(fourth!);
    expect(host.resync.mock.calls).toEqual([['a']]);
    expect(session.curvesOf('a')?.training.step).toHaveLength(10);
    for (const delta of [first!, second!, third!, fourth!]) await session.curves(delta);
    expect(session.curvesOf('a')?.training.step).toHaveLength(40);
    await session.curves({ ...fourth!, seq: 9 });
    expect(host.resync).toHaveBeenCalledTimes(2);
  });

  it('asks again after a request that failed', async () => {
    const { session, host } = open({ resync: () => Promise.reject(new Error('busy')) }, { shown: ['a'] });
    await session.start();
    await session.curves(second!);
    await vi.waitFor(() => {
      expect(session.problem).toContain('busy');
    });
    await session.curves(third!);
    expect(host.resync).toHaveBeenCalledTimes(2);
  });

  it('forgets the curves of runs that are no longer shown, and does not ask for them', async () => {
    const { session, host } = open({}, { shown: ['a', 'b'] });
    await session.start();
    await session.curves(first!);
    await session.setShown(['b']);
    expect(session.curvesOf('a')).toBeUndefined();
    await session.curves(second!);
    expect(host.resync).not.toHaveBeenCalled();
  });
});

describe('the choice of runs', () => {
  it('reaches the host, is saved, and keeps the styles of runs that stay', async () => {
    const { session, host, save } = open({}, { shown: ['a', 'b'] });
    await session.start();
    await session.setShown(['b', 'c', 'c']);
    expect(host.show).toHaveBeenCalledWith(['b', 'c', 'c']);
    expect(save).toHaveBeenLastCalledWith(
      expect.objectContaining({ shown: ['b', 'c'], slots: { b: 1, c: 0 } }),
    );
  });

  it('is not undone by a list the host sent before it knew', async () => {
    let confirm = (): void => undefined;
    const show = () =>
      new Promise<void>((resolve) => {
        confirm = resolve;
      });
    const { session, list } = open({ show }, { shown: ['a'] });
    await session.start();
    const chosen = session.setShown(['a', 'b']);
    await session.runs({ runs: list, shown: ['a'] });
    expect(session.settings.shown).toEqual(['a', 'b']);
    confirm();
    await chosen;
    await session.runs({ runs: list, shown: ['c'] });
    expect(session.settings.shown).toEqual(['c']);
  });

  it('switches runs off only as long as they are shown', async () => {
    const { session } = open({}, { shown: ['a', 'b'] });
    await session.start();
    session.change({ mutedRuns: ['a'] });
    await session.setShown(['b']);
    await session.setShown(['b', 'a']);
    expect(session.settings.mutedRuns).toEqual([]);
  });
});

it('reports an action that failed until it is dismissed', async () => {
  const { session, host } = open({ act: () => Promise.reject(new Error('The workspace is not trusted.')) });
  await session.act('stop', 'a');
  expect(host.act).toHaveBeenCalledWith('stop', 'a');
  expect(session.problem).toBe('The workspace is not trusted.');
  session.dismissProblem();
  expect(session.problem).toBeNull();
});

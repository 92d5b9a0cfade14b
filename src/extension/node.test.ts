import { describe, expect, it } from 'vitest';
import { findNode, isNewEnough, nodeCandidates, NodeNotFoundError, type NodeSearch } from './node';

/** A machine on which only the given executables run. */
function machine(versions: Record<string, string>, changes: Partial<NodeSearch> = {}): NodeSearch {
  return {
    platform: 'linux',
    environment: { PATH: '/usr/bin:/bin' },
    home: '/home/ada',
    list: () => Promise.resolve([]),
    version: (executable) => Promise.resolve(versions[executable] ?? null),
    own: '/opt/code/code',
    ...changes,
  };
}

describe('isNewEnough', () => {
  it.each([
    ['v20.9.0', true],
    ['20.10.1', true],
    ['v24.0.0-nightly', true],
    ['v20.8.9', false],
    ['v18.20.0', false],
    ['hello', false],
    ['', false],
  ])('%s → %s', (version, expected) => {
    expect(isNewEnough(version)).toBe(expected);
  });
});

describe('nodeCandidates', () => {
  it('looks on the PATH first, in its order, and never at relative entries', async () => {
    const search = machine({}, { environment: { PATH: '/a:.:bin:/b:/a' } });
    const candidates = await nodeCandidates(search);
    expect(candidates.slice(0, 2)).toEqual(['/a/node', '/b/node']);
    expect(candidates.every((candidate) => candidate.startsWith('/'))).toBe(true);
    expect(new Set(candidates).size).toBe(candidates.length);
  });

  it('takes the newest version of nvm first', async () => {
    const list = (folder: string): Promise<string[]> =>
      Promise.resolve(folder === '/home/ada/.nvm/versions/node' ? ['v9.1.0', 'v20.11.0', 'v22.2.0'] : []);
    const candidates = await nodeCandidates(machine({}, { list }));
    const ofNvm = candidates.filter((candidate) => candidate.includes('.nvm'));
    expect(ofNvm).toEqual([
      '/home/ada/.nvm/versions/node/v22.2.0/bin/node',
      '/home/ada/.nvm/versions/node/v20.11.0/bin/node',
      '/home/ada/.nvm/versions/node/v9.1.0/bin/node',
    ]);
  });

  it('knows Windows: `Path`, quotes, blanks and Program Files', async () => {
    const search = machine(
      {},
      {
        platform: 'win32',
        home: 'C:\\Users\\ada',
        environment: { Path: '"C:\\My Tools";D:\\bin', ProgramFiles: 'C:\\Program Files' },
      },
    );
    const candidates = await nodeCandidates(search);
    expect(candidates.slice(0, 2)).toEqual(['C:\\My Tools\\node.exe', 'D:\\bin\\node.exe']);
    expect(candidates).toContain('C:\\Program Files\\nodejs\\node.exe');
  });
});

describe('findNode', () => {
  it('passes over a Node.js that is too old', async () => {
    const search = machine({ '/usr/bin/node': 'v18.0.0', '/usr/local/bin/node': 'v22.1.0' });
    expect(await findNode('', search)).toEqual({
      executable: '/usr/local/bin/node',
      environment: {},
      version: 'v22.1.0',
    });
  });

  it('falls back on the editor, told to behave as Node.js', async () => {
    const search = machine(
      {},
      {
        version: (executable, environment) =>
          Promise.resolve(
            executable === '/opt/code/code' && environment?.['ELECTRON_RUN_AS_NODE'] === '1'
              ? 'v22.17.0'
              : null,
          ),
      },
    );
    expect(await findNode('', search)).toEqual({
      executable: '/opt/code/code',
      environment: { ELECTRON_RUN_AS_NODE: '1' },
      version: 'v22.17.0',
    });
  });

  it('says what to do when there is none', async () => {
    await expect(findNode('', machine({}))).rejects.toThrow(/distillery\.nodePath/);
  });

  it('takes the setting, with ~ for the home folder, and nothing else', async () => {
    const search = machine({ '/home/ada/node/bin/node': 'v20.20.2', '/usr/bin/node': 'v22.0.0' });
    expect((await findNode(' ~/node/bin/node ', search)).executable).toBe('/home/ada/node/bin/node');
  });

  it.each([
    ['/nowhere/node', /could not be run/],
    ['node', /not an absolute path/],
    ['/usr/bin/node', /is Node\.js v18\.0\.0; 20\.9 or newer/],
  ])('refuses the setting %s and never falls back silently', async (setting, message) => {
    const search = machine({ '/usr/bin/node': 'v18.0.0', '/usr/local/bin/node': 'v22.0.0' });
    const finding = findNode(setting, search);
    await expect(finding).rejects.toThrow(message);
    await expect(finding).rejects.toBeInstanceOf(NodeNotFoundError);
  });
});

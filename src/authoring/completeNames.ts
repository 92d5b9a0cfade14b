import type { Draft, Site } from './completionSite';
import { exportsOf } from './exports';
import { zooModels } from './zoo';
import type { FolderEntry, Surroundings } from './surroundings';

const MODEL_CODE = /^(?!.*(?:\.d|\.test|\.spec)\.[cm]?ts$).*\.[cm]?[jt]s$/;
/** Of JSON files, those that hold a network are called so. */
const NETWORK = /\.(?:onnx|cfg)$|^model[\w.-]*\.json$/;
const passedOver: ReadonlySet<string> = new Set(['node_modules', '.git', '.distillery', 'dist']);

/** Models of the zoo, files of code, for teachers also networks in files, and behind `#` what such a file exports. */
export function completeModels(site: Site, role: 'teacher' | 'student', surroundings: Surroundings): Draft[] {
  const { word, start } = site.cursor;
  const hash = word.lastIndexOf('#');
  if (hash >= 0) {
    const { file, files } = surroundings;
    const text = files.read(files.resolve(file, word.slice(0, hash)));
    const from = start + hash + 1;
    return exportsOf(text ?? '').map(({ name, kind }) => {
      return { label: name, kind: 'export', detail: kind, insert: name, start: from };
    });
  }
  const zoo = zooModels.map(({ name, description, options }): Draft => ({
    label: `zoo/${name}`,
    kind: 'model',
    detail: 'built-in model',
    documentation: [
      description,
      ...options.map((option) => {
        const standard = option.default === null ? '' : ` (default \`${option.default}\`)`;
        return `- \`${option.name}\`${standard}: ${option.description}`;
      }),
    ].join('\n'),
    insert: `zoo/${name}`,
  }));
  if (word.startsWith('zoo/')) return zoo;
  const entries = entriesAt(site, surroundings, ({ name }) => {
    return MODEL_CODE.test(name) || (role === 'teacher' && NETWORK.test(name));
  });
  // Behind a file of code comes the export; a network is whole.
  const code = entries.map((entry) =>
    MODEL_CODE.test(entry.label) ? { ...entry, insert: `${entry.insert}#`, goesOn: true } : entry,
  );
  return word.includes('/') ? code : [...zoo, ...code];
}

/** The files and folders that may stand where an experiment names one. */
export function completeFiles(
  site: Site,
  content: 'experiment' | 'weights' | 'idx' | 'folder',
  surroundings: Surroundings,
): Draft[] {
  const own = surroundings.file;
  const { files } = surroundings;
  return entriesAt(site, surroundings, ({ name }, folder) => {
    switch (content) {
      case 'experiment':
        return /\.ya?ml$/.test(name) && files.resolve(folder, name) !== files.resolve(own, own);
      case 'weights':
        return /\.(?:safetensors|weights)$/.test(name);
      case 'idx':
        return /(?:idx|ubyte)/i.test(name);
      case 'folder':
        return false;
    }
  });
}

/** What the folder that is written so far holds: folders, and the files that are wanted. */
function entriesAt(
  { cursor }: Site,
  { file, files }: Surroundings,
  isWanted: (entry: FolderEntry, folder: string) => boolean,
): Draft[] {
  const { word, start } = cursor;
  const slash = word.lastIndexOf('/');
  const folder = slash < 0 ? '.' : word.slice(0, slash + 1);
  const lead = slash < 0 ? './' : '';
  const absolute = files.resolve(file, folder);
  // Resolved against a file in it, names are those of the folder.
  const within = `${absolute.replace(/[/\\]$/, '')}/.`;
  const entries = files
    .list(absolute)
    .filter((entry) => (entry.isFolder ? !passedOver.has(entry.name) : isWanted(entry, within)))
    .sort(
      (a, b) =>
        Number(a.isFolder) - Number(b.isFolder) || a.name.localeCompare(b.name, 'en', { numeric: true }),
    );
  return entries.map(({ name, isFolder }) => ({
    label: `${lead}${name}${isFolder ? '/' : ''}`,
    kind: isFolder ? 'folder' : 'file',
    insert: `${lead}${name}${isFolder ? '/' : ''}`,
    start: start + slash + 1,
    goesOn: isFolder,
  }));
}

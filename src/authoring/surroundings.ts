import { experimentJsonSchema } from '../experiment/jsonSchema';
import type { LanguageNode } from '../experiment/language';
import type { LayerRow, LayerTable } from '../layers/table';

/** The models of an experiment, as far as they are known. */
export interface ModelTables {
  student: LayerTable | null;
  /** In the order of the experiment. */
  teachers: readonly (LayerTable | null)[];
}

/** A file or folder in a folder. */
export interface FolderEntry {
  name: string;
  isFolder: boolean;
}

/** What may be asked of the files around an experiment. */
export interface NearbyFiles {
  /** The absolute path of what a file names, relative to its folder. */
  resolve(file: string, reference: string): string;
  /** What a folder holds; empty when there is no such folder. */
  list(folder: string): readonly FolderEntry[];
  /** The text of a file as it stands in the editor or on the disk; null when it cannot be read. */
  read(file: string): string | null;
  /** A path as it is shown to people, as a rule relative to the workspace. */
  show(file: string): string;
}

/** Everything that helps with an experiment besides its text. */
export interface Surroundings {
  /** Absolute path of the experiment. */
  file: string;
  tables: ModelTables;
  files: NearbyFiles;
}

let tree: LanguageNode | null = null;

/** The tree of the experiment language. */
export function language(): LanguageNode {
  tree ??= experimentJsonSchema();
  return tree;
}

export function rowOf(table: LayerTable | null | undefined, layer: string): LayerRow | undefined {
  return table?.rows.find(({ name }) => name === layer);
}

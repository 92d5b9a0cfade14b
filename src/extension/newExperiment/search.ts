import { posix } from 'node:path';
import * as vscode from 'vscode';
import type { ExperimentFiles } from '../experiments/files';
import { findIdxFiles, modelFunctions, readExperiment, type FoundExperiment } from './found';
import type { IdxFiles } from './pieces';

/** Copies that others made, and our own folder. */
const passedOver = '**/{node_modules,.distillery,.git,dist,out}/**';
const modelPattern = '**/*.{ts,mts,cts,js,mjs,cjs}';
/** A workspace with more code than this is no place to guess models in. */
const mostFiles = 500;
const largestBytes = 200_000;

/** A model function of the workspace folder. */
export interface FoundModel {
  /** Relative to the folder, with `/`. */
  file: string;
  export: string;
}

/** Looks for what a new experiment can be made of in a workspace folder. Files are relative to it, with `/`. */
export class WorkspaceSearch {
  constructor(
    readonly folder: vscode.WorkspaceFolder,
    private readonly experiments: ExperimentFiles,
  ) {}

  /** The experiments without mistakes, with what they teach. */
  async findExperiments(): Promise<(FoundExperiment & { file: string })[]> {
    await this.experiments.refresh();
    const found = await Promise.all(
      this.experiments.pathsIn(this.folder).map(async (file) => {
        const text = await this.read(this.uriOf(file));
        const experiment = text === null ? null : readExperiment(text, this.uriOf(file).fsPath);
        return experiment === null ? [] : [{ ...experiment, file }];
      }),
    );
    return found.flat().sort((a, b) => a.file.localeCompare(b.file, 'en', { numeric: true }));
  }

  /** Functions that may make models. */
  async findModels(): Promise<FoundModel[]> {
    const files = await this.find(modelPattern);
    const found = await Promise.all(
      files.map(async (uri) => {
        const text = await this.read(uri);
        const file = vscode.workspace.asRelativePath(uri, false);
        return text === null ? [] : modelFunctions(text).map((name) => ({ file, export: name }));
      }),
    );
    return found.flat().sort((a, b) => a.file.localeCompare(b.file, 'en', { numeric: true }));
  }

  /** The images and labels of a data set of one's own; null when none was found. */
  async findIdx(): Promise<IdxFiles | null> {
    const files = await this.find('**/*{idx,ubyte}*');
    return findIdxFiles(files.map((uri) => vscode.workspace.asRelativePath(uri, false)));
  }

  /** The first of `models/student.ts`, `models/student2.ts`, … that is not there, and the export's name. */
  async freeModel(): Promise<FoundModel> {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? 'student' : `student${number}`;
      const file = `models/${name}.ts`;
      if (!(await this.exists(file))) return { file, export: name };
    }
  }

  /** Names of all experiments of the folder, to choose a new one. */
  takenNames(): ReadonlySet<string> {
    return new Set(this.experiments.pathsIn(this.folder));
  }

  async exists(file: string): Promise<boolean> {
    try {
      await vscode.workspace.fs.stat(this.uriOf(file));
      return true;
    } catch {
      // `stat` has no other way to say that nothing is there.
      return false;
    }
  }

  uriOf(file: string): vscode.Uri {
    return vscode.Uri.joinPath(this.folder.uri, ...posix.normalize(file).split('/'));
  }

  private find(pattern: string): Thenable<vscode.Uri[]> {
    return vscode.workspace.findFiles(
      new vscode.RelativePattern(this.folder, pattern),
      passedOver,
      mostFiles,
    );
  }

  /** The text of a file as it stands in the editor or on the disk; null when it cannot be read or is too large. */
  private async read(uri: vscode.Uri): Promise<string | null> {
    const open = vscode.workspace.textDocuments.find(
      (document) => document.uri.toString() === uri.toString(),
    );
    if (open !== undefined) return open.getText();
    try {
      const { size } = await vscode.workspace.fs.stat(uri);
      if (size > largestBytes) return null;
      return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
    } catch {
      // A file that vanished meanwhile, or that may not be read, is not offered.
      return null;
    }
  }
}

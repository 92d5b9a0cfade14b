import * as path from 'node:path';
import type { Dataset } from '../data/dataset';
import type { Engine } from '../engine/engine';
import { splitModelReference } from '../experiment/files';
import { hashFile } from '../runs/files';
import { hashModelCode } from '../runs/modelCode';
import { hashNetwork } from '../runs/networkFile';
import type { Target } from '../targets/choose';
import { bytesOfShape, type OpenTargets, type TargetsForm, type TargetsWriter } from '../targets/file';
import { askAll, type Questions } from '../targets/fill';
import {
  hashImages,
  hashWeights,
  identifyTeacher,
  targetsKey,
  type TeacherIdentity,
} from '../targets/identity';
import type { TargetsStore } from '../targets/store';
import type { LessonTeacher } from './lesson';

/** A file of targets of this run. */
export interface TargetFile {
  form: TargetsForm;
  member: number;
  layer: string | null;
  open: OpenTargets;
  /** Whether it was computed now. */
  built: boolean;
}

export interface TargetFilesOptions {
  store: TargetsStore;
  engine: Engine;
  dataset: Dataset;
  teachers: readonly LessonTeacher[];
  /** Images at once. */
  batch: number;
  /** Told of files that are not used: sentences for people. */
  warn: (message: string) => void;
  /** Called again and again; may throw to give up. `done` is the share of one teacher's images, 0–1, or null. */
  between: (done: number | null) => Promise<void>;
}

/** The files of targets of a run: found, or computed. */
export class TargetFiles {
  private readonly files = new Map<string, TargetFile>();

  private constructor(
    private readonly options: TargetFilesOptions,
    private readonly identities: readonly TeacherIdentity[],
    private readonly images: string,
  ) {}

  static async open(options: TargetFilesOptions): Promise<TargetFiles> {
    const identities = await Promise.all(options.teachers.map(identityOf));
    return new TargetFiles(options, identities, hashImages(options.dataset.train));
  }

  /** What a target is read from. @throws Error when it is not open. */
  fileOf({ member, layer }: Target): TargetFile {
    const file = this.files.get(nameOf(member, layer));
    if (!file) throw new Error(`The targets ${nameOf(member, layer)} were not opened.`);
    return file;
  }

  /**
   * Opens the files of targets; what is missing or damaged is computed, teacher by teacher.
   *
   * @throws The error of the file system; what `between` throws.
   */
  async openAll(targets: readonly Target[]): Promise<void> {
    const { store, warn, between, teachers } = this.options;
    const missing = new Map<string, Target>();
    for (const target of targets) {
      const name = nameOf(target.member, target.layer);
      if (this.files.has(name) || missing.has(name)) continue;
      const form = this.formOf(target.member, target.layer, target.shape);
      const found = await store.open(form, () => between(null));
      if (found === null) missing.set(name, target);
      else if ('handle' in found) {
        const { member, layer } = target;
        this.files.set(name, { form, member, layer, open: found, built: false });
      } else {
        warn(`${found.problem} It is computed anew.`);
        missing.set(name, target);
      }
    }
    for (const member of teachers.keys()) {
      const asked = [...missing.values()].filter((target) => target.member === member);
      if (asked.length > 0) await this.build(member, asked);
    }
  }

  /** Computes targets anew that are open. @throws As {@link openAll}. */
  async rebuild(member: number, layers: readonly (string | null)[]): Promise<void> {
    const files = layers.map((layer) => this.files.get(nameOf(member, layer))!);
    for (const { open } of files) await open.handle.close();
    for (const { layer } of files) this.files.delete(nameOf(member, layer));
    await this.build(
      member,
      files.map(({ layer, form: { shape } }) => ({ layer, shape: shape.slice(1) })),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.files.values()].map(({ open }) => open.handle.close()));
    this.files.clear();
  }

  /** What one teacher is to be asked. */
  questions(member: number, layers: readonly (string | null)[]): Questions {
    const { engine, dataset, batch, teachers } = this.options;
    return { engine, teacher: teachers[member]!, layers, images: dataset.train, batch };
  }

  private async build(member: number, asked: readonly Pick<Target, 'layer' | 'shape'>[]): Promise<void> {
    const { store, teachers, between } = this.options;
    const forms = asked.map(({ layer, shape }) => this.formOf(member, layer, shape));
    const open = [...this.files.values()].map(({ form }) => form.key);
    const bytes = forms.reduce((sum, { shape }) => sum + bytesOfShape(shape), 0);
    await store.makeRoom(bytes, new Set([...open, ...forms.map(({ key }) => key)]));
    const writers: TargetsWriter[] = [];
    try {
      for (const [index, { layer }] of asked.entries()) {
        const about = `${layer ?? 'logits'} of ${teachers[member]!.label}`;
        writers.push(await store.create(forms[index]!, about));
      }
      const layers = asked.map(({ layer }) => layer);
      await askAll(this.questions(member, layers), writers, between);
      for (const writer of writers) await writer.finish();
    } catch (error) {
      await Promise.all(writers.map((writer) => writer.discard()));
      throw error;
    }
    for (const [index, { layer }] of asked.entries()) {
      const form = forms[index]!;
      const found = await store.open(form, () => between(null));
      if (found === null || 'problem' in found) {
        throw new Error(found?.problem ?? `${store.fileOf(form.key)} vanished after it was written.`);
      }
      this.files.set(nameOf(member, layer), { form, member, layer, open: found, built: true });
    }
  }

  private formOf(member: number, layer: string | null, shape: readonly number[]): TargetsForm {
    const { engine, dataset, batch } = this.options;
    const teacher = this.identities[member]!;
    const key = targetsKey({ teacher, layer, images: this.images, engine, batch });
    return { key, shape: [dataset.train.count, ...shape] };
  }
}

/** A target within its run; two hints of one layer share it. */
function nameOf(member: number, layer: string | null): string {
  return `${layer ?? 'logits'} of teacher ${member}`;
}

async function identityOf(teacher: LessonTeacher): Promise<TeacherIdentity> {
  const { model, layers, architecture } = teacher;
  const { reference, baseDirectory, options, weights, normalize } = architecture;
  const split = splitModelReference(reference);
  if (split.kind === 'zoo') return identifyTeacher(layers, reference, options, await weightsHash(model));
  const file = path.resolve(baseDirectory, split.path);
  if (split.kind === 'network') {
    const held = weights === null ? '' : ((await hashFile(weights)) ?? weights);
    return identifyTeacher(layers, (await hashNetwork(file)) ?? file, { normalize }, held);
  }
  const code = `${(await hashModelCode(file)) ?? file}#${split.export}`;
  return identifyTeacher(layers, code, options, await weightsHash(model));
}

async function weightsHash(model: LessonTeacher['model']): Promise<string> {
  if (model === null) throw new TypeError('A teacher in code has a model.');
  return hashWeights(model);
}

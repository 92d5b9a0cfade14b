import { isAugmented } from '../data/batches';
import { RowReader, type RowFile } from '../data/rows';
import type { NamedRowFiles } from '../data/supply';
import { describeTargets, type TargetsEvent } from '../runs/targets';
import { targetsFolder, workspaceOf } from '../runs/workspace';
import { chooseTargets, type ChosenTarget, type Target } from '../targets/choose';
import { areClose, askFirst } from '../targets/fill';
import { TargetsStore } from '../targets/store';
import { shapeOfHint } from './lessonTeacher';
import type { PlannedStage } from './plan';
import type { RunReporter } from './reporter';
import type { Session } from './session';
import { TargetFiles } from './targetFiles';
import { hintInput, logitsInput } from './terms';

/** What the teachers say of the training images, as far as it is cached. */
export interface CachedTargets {
  /** By the names of the steps' inputs. */
  files: NamedRowFiles;
  /** Of one image. */
  shapes: ReadonlyMap<string, readonly number[]>;
  close(): Promise<void>;
}

const nothingCached: CachedTargets = { files: {}, shapes: new Map(), close: () => Promise.resolve() };
const phase = "caching the teacher's targets";

/**
 * Sees to it that the targets of a run that can be cached are: finds their files, or asks the teachers about every
 * image. Tells in an event and in the heartbeat what became of it.
 *
 * @param begun what an earlier attempt of the run had cached, by the names of inputs; null for a run that begins.
 * @param step from which the run goes on.
 * @throws StoppedByRequest when someone asks the run to stop meanwhile.
 */
export async function obtainTargets(
  session: Session,
  reporter: RunReporter,
  begun: readonly string[] | null,
  step: number,
): Promise<CachedTargets> {
  const wanted = targetsOf(session);
  if (wanted.length === 0) return nothingCached;
  const startedAt = performance.now();
  const store = new TargetsStore(targetsFolder(workspaceOf(reporter.directory)));
  const { dataset, lesson } = session;
  const { data, distill } = lesson.experiment;
  const room = await roomIn(store);
  let chosen = chooseTargets(wanted, {
    images: dataset.train.count,
    augmented: isAugmented(data.augment),
    cache: distill?.cache ?? 'auto',
    room: room.bytes,
    begun,
  });
  if (room.problem !== null) chosen = refuse(chosen, room.problem);
  let opened: Opened | null = null;
  if (chosen.some(isCached)) {
    await reporter.beat({ phase }, true);
    try {
      opened = await openTargetFiles(session, reporter, store, chosen, step);
    } catch (error) {
      if (!isFileSystemError(error)) throw error;
      chosen = refuse(chosen, `The cache cannot be used: ${error.message}.`);
    }
  }
  warnOfLosses(reporter, chosen, begun);
  const event = eventOf(session, chosen, opened, (performance.now() - startedAt) / 1000);
  reporter.event(event);
  await reporter.beat({ targets: describeTargets(event) }, true);
  return opened ? readable(opened.files, chosen) : nothingCached;
}

interface Opened {
  files: TargetFiles;
  /** That the teachers would take for what is cached, in the steps that are left. */
  teacherMilliseconds: number;
  /** Of those, the ones in which they would run. */
  steps: number;
}

/** What the teachers are to say in this run: the logits of each, and the hint layer of each hint. */
export function targetsOf({ lesson, plan, dataset }: Session): Target[] {
  const epochsOf = (term: 'soft' | 'hints'): number =>
    plan.stages.reduce((sum, { terms, epochs }) => sum + (terms.includes(term) ? epochs : 0), 0);
  const logits = lesson.teachers.map((_, member): Target => ({
    name: logitsInput(member),
    member,
    layer: null,
    shape: [dataset.classes],
    epochs: epochsOf('soft'),
  }));
  const hints = lesson.hints.map(({ config }, hint): Target => ({
    name: hintInput(hint),
    member: config.member,
    layer: config.teacher,
    shape: shapeOfHint(lesson.teachers[config.member]!, config.teacher),
    epochs: epochsOf('hints'),
  }));
  return [...logits, ...hints].filter(({ epochs }) => epochs > 0);
}

async function openTargetFiles(
  session: Session,
  reporter: RunReporter,
  store: TargetsStore,
  chosen: readonly ChosenTarget[],
  step: number,
): Promise<Opened> {
  const { engine, dataset, lesson, record } = session;
  const warn = (message: string): void => {
    reporter.event({ type: 'warning', message });
  };
  const files = await TargetFiles.open({
    store,
    engine,
    dataset,
    teachers: lesson.teachers,
    batch: record.resolved.train.batch,
    warn,
    between: async (done) => {
      const share = done === null || done < 0.1 ? '' : ` (${10 * Math.floor(10 * done)} %)`;
      await reporter.beat({ phase: `${phase}${share}` });
      await reporter.obeyStop();
    },
  });
  try {
    const targets = chosen.filter(isCached).map(({ target }) => target);
    await files.openAll(targets);
    return { files, ...(await holdAgainstTeachers(session, files, targets, step, warn)) };
  } catch (error) {
    await files.close();
    throw error;
  }
}

/**
 * Asks the teachers once more about the first images: what they say must stand in the files, and the time that they take
 * is what the cache saves. A file that says something else belongs to a teacher whose change the key did not see.
 */
async function holdAgainstTeachers(
  session: Session,
  files: TargetFiles,
  targets: readonly Target[],
  step: number,
  warn: (message: string) => void,
): Promise<Omit<Opened, 'files'>> {
  const asked = new Map<string, number>();
  let [teacherMilliseconds, steps] = [0, 0];
  for (const stage of session.plan.stages) {
    const left = Math.max(0, stage.firstStep + stage.steps - Math.max(step, stage.firstStep));
    const needed = targets.filter(({ name }) => isNeeded(session, stage, name));
    if (needed.length > 0) steps += left;
    for (const member of new Set(needed.map((target) => target.member))) {
      const own = needed.filter((target) => target.member === member);
      const layers = [...new Set(own.map(({ layer }) => layer))];
      const question = `${member} ${layers.join()}`;
      const milliseconds = asked.get(question) ?? (await ask(files, member, layers, own, warn));
      asked.set(question, milliseconds);
      teacherMilliseconds += left * milliseconds;
    }
  }
  return { teacherMilliseconds, steps };
}

async function ask(
  files: TargetFiles,
  member: number,
  layers: readonly (string | null)[],
  own: readonly Target[],
  warn: (message: string) => void,
): Promise<number> {
  const { rows, milliseconds } = await askFirst(files.questions(member, layers));
  const strange = layers.filter((layer, index) => {
    const target = own.find((candidate) => candidate.layer === layer)!;
    return !areClose(firstRows(files, target, rows[index]!.length), rows[index]!);
  });
  const [built] = strange.filter(
    (layer) => files.fileOf(own.find((target) => target.layer === layer)!).built,
  );
  if (built !== undefined) {
    throw new Error(
      `The teacher says something else of the same images each time (${built ?? 'logits'}), which must not be. ` +
        'Does its code draw random numbers? Write `distill: { cache: off }` to train with it all the same.',
    );
  }
  if (strange.length > 0) {
    warn(
      `The cached targets ${strange.map((layer) => layer ?? 'logits').join(', ')} are not the teacher's. They are computed anew.`,
    );
    await files.rebuild(member, strange);
  }
  return milliseconds;
}

function firstRows(files: TargetFiles, target: Target, length: number): Float32Array {
  const file = rowFileOf(files, target);
  const count = length / file.width;
  const rows = new Float32Array(length);
  // Nothing is read whole for this.
  new RowReader([file], 0).read(
    file,
    Uint32Array.from({ length: count }, (_, row) => row),
    rows,
  );
  return rows;
}

/** Whether a stage learns from a target. */
export function isNeeded({ lesson }: Session, { terms }: PlannedStage, name: string): boolean {
  const logits = lesson.teachers.some((_, member) => logitsInput(member) === name);
  return terms.includes(logits ? 'soft' : 'hints');
}

/** The inputs of the steps of a stage that come from the cache, with their shapes. */
export function cachedInputs(
  session: Session,
  stage: PlannedStage,
  { shapes }: CachedTargets,
): Map<string, readonly number[]> {
  return new Map([...shapes].filter(([name]) => isNeeded(session, stage, name)));
}

function readable(files: TargetFiles, chosen: readonly ChosenTarget[]): CachedTargets {
  const targets = chosen.filter(isCached).map(({ target }) => target);
  return {
    files: Object.fromEntries(targets.map((target) => [target.name, rowFileOf(files, target)])),
    shapes: new Map(targets.map(({ name, shape }) => [name, shape])),
    close: () => files.close(),
  };
}

function rowFileOf(files: TargetFiles, target: Target): RowFile {
  const { form, open } = files.fileOf(target);
  const width = target.shape.reduce((product, size) => product * size, 1);
  return { descriptor: open.handle.fd, offset: open.offset, rows: form.shape[0]!, width };
}

function isCached({ refusal }: ChosenTarget): boolean {
  return refusal === null;
}

function refuse(chosen: readonly ChosenTarget[], reason: string): ChosenTarget[] {
  return chosen.map((each) => ({ ...each, refusal: each.refusal ?? reason }));
}

async function roomIn(store: TargetsStore): Promise<{ bytes: number; problem: string | null }> {
  try {
    return { bytes: await store.room(), problem: null };
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    return { bytes: Infinity, problem: `The cache cannot be used: ${error.message}.` };
  }
}

/** Errors that a full or read-only disk gives; without the cache the run is slower, and that is all. */
function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function warnOfLosses(
  reporter: RunReporter,
  chosen: readonly ChosenTarget[],
  begun: readonly string[] | null,
): void {
  for (const { target, refusal } of chosen) {
    if (refusal === null || begun?.includes(target.name) !== true) continue;
    const message =
      `The run began with a cache of the teacher's ${target.layer ?? 'logits'}, and goes on without it: ${refusal} ` +
      'Its weights may differ in their last bits from those of a run that was never interrupted.';
    reporter.event({ type: 'warning', message });
  }
}

function eventOf(
  { lesson }: Session,
  chosen: readonly ChosenTarget[],
  opened: Opened | null,
  seconds: number,
): Omit<TargetsEvent, 'at'> {
  const targets = chosen.map(({ target, bytes, refusal }) => ({
    teacher: lesson.teachers[target.member]!.label,
    layer: target.layer,
    state: stateOf(opened, target, refusal),
    reason: refusal,
    bytes,
  }));
  const state = (['built', 'reused', 'refused'] as const).find((each) =>
    targets.some((target) => target.state === each),
  )!;
  const bytes = targets.reduce((sum, target) => sum + (target.state === 'refused' ? 0 : target.bytes), 0);
  const saved = opened && opened.teacherMilliseconds / 1000 - seconds;
  const perStep = opened && opened.steps > 0 ? opened.teacherMilliseconds / opened.steps : null;
  return {
    type: 'targets',
    state,
    targets,
    bytes,
    seconds,
    teacherMilliseconds: perStep,
    savedSeconds: saved,
  };
}

function stateOf(
  opened: Opened | null,
  target: Target,
  refusal: string | null,
): 'built' | 'reused' | 'refused' {
  if (refusal !== null || opened === null) return 'refused';
  return opened.files.fileOf(target).built ? 'built' : 'reused';
}

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../src/runs/events';
import { EventTail } from '../../src/runs/eventLog';
import { readRunFolder, readState, type RunFolder } from '../../src/runs/folder';
import { RUN_FILES } from '../../src/runs/record';
import { runsFolder } from '../../src/runs/workspace';

const data = '{ dataset: digits, trainSize: 640, testSize: 200 }';

/** Seconds of training, on any machine. */
const teacher = `name: teacher
data: ${data}
student: { model: zoo/conv-thin, options: { width: 12 } }
train: { epochs: 2, batch: 32 }
`;

/** Days of training, on any machine: it ends when it is stopped. */
const student = `name: student
seed: 7
data: ${data}
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin, options: { width: 4 } }
distill:
  hard: { weight: 0.3 }
  soft: { temperature: 4, weight: 0.7 }
  hints:
    - { teacher: block2/relu, student: block2/relu, adapter: conv1x1, weight: 0.5 }
train: { epochs: 1000000, batch: 32 }
`;

/** The layer and the key are misspelt. */
const broken = student
  .replace('name: student', 'name: broken')
  .replace('temperature: 4', 'temprature: 4')
  .replace('epochs: 1000000', 'epochs: 1');

/** A folder with experiments, as a researcher has it, and what can be told of its runs from outside VS Code. */
export class Laboratory {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'distillery lab ')));

  constructor() {
    // A boundary: no workspace is looked for above it.
    mkdirSync(join(this.folder, '.distillery'));
    this.write('teacher.distill.yaml', teacher);
    this.write('student.distill.yaml', student);
    this.write('broken.distill.yaml', broken);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** The runs of an experiment, oldest first. */
  async runs(name: string): Promise<RunFolder[]> {
    const folders = await Promise.all(
      this.runDirectories().map((directory) => readRunFolder(directory).catch(() => null)),
    );
    return folders
      .filter((folder) => folder !== null)
      .filter(({ record }) => record.name === name)
      .sort((a, b) => a.record.createdAt.localeCompare(b.record.createdAt));
  }

  async state(name: string): Promise<string> {
    const run = (await this.runs(name)).at(-1);
    return run === undefined ? 'none' : readState(run);
  }

  events(run: RunFolder): Promise<RunEvent[]> {
    return new EventTail(join(run.directory, RUN_FILES.events)).read();
  }

  async lastStep(run: RunFolder): Promise<number> {
    return Math.max(0, ...(await this.events(run)).map((event) => ('step' in event ? event.step : 0)));
  }

  async firstStep(run: RunFolder): Promise<number> {
    const steps = (await this.events(run)).filter((event) => event.type === 'step');
    return steps[0]?.step ?? 0;
  }

  /** Ids of the processes that train in this folder. */
  trainers(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        const command = commandLine(pid);
        return command.includes('trainer.js') && command.includes(this.folder);
      });
  }

  /** Ends what still trains and removes the folder. */
  dispose(): void {
    for (const pid of this.trainers()) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private runDirectories(): string[] {
    try {
      return readdirSync(runsFolder(this.folder)).map((id) => join(runsFolder(this.folder), id));
    } catch {
      return []; // nothing ran yet
    }
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}

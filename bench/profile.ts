import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CompiledEngine } from '../src/engine/compiled/engine';
import { startCompiled } from '../src/engine/compiled/start';
import { selectEngine } from '../src/engine/select';
import type { StepCase } from './cases/case';
import { prepareLesson } from './cases/lesson';
import { groupBy } from './report';

/** A node of a compiled step. */
export interface NodeTime {
  /** What onnxruntime calls it: the ONNX op, and what it was made for. */
  name: string;
  op: string;
  /** The fastest of all steps: what others on the machine took is not its own. */
  milliseconds: number;
  shapes: string;
}

const STEPS = 20;

const shapesSchema = z.array(z.record(z.string(), z.array(z.number())));
const eventSchema = z.object({
  cat: z.literal('Node'),
  name: z.string().endsWith('_kernel_time'),
  /** Microseconds. */
  dur: z.number(),
  args: z.object({
    op_name: z.string(),
    input_type_shape: shapesSchema,
    output_type_shape: shapesSchema,
  }),
});
type NodeEvent = z.infer<typeof eventSchema>;

/** Takes some steps of a case with onnxruntime's profiler on, and gives its nodes, the slowest first. */
export async function profileStep(
  stepCase: StepCase,
  { batch, threads }: { batch: number; threads: number },
): Promise<NodeTime[]> {
  const folder = await mkdtemp(join(tmpdir(), 'distillery-profile-'));
  try {
    await selectEngine('compiled', process.cwd());
    const { backend } = await startCompiled({ threads, provider: 'cpu', profile: join(folder, 'session') });
    const lesson = prepareLesson(stepCase, batch);
    const step = new CompiledEngine(backend, '', '').prepare(lesson.body, { frozen: lesson.frozen });
    for (let index = 0; index < STEPS; index += 1) {
      await step.run(lesson.batches[index % lesson.batches.length]!);
    }
    step.dispose();
    return nodeTimes(await readEvents(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readEvents(folder: string): Promise<NodeEvent[]> {
  const events: NodeEvent[] = [];
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8');
    // Sessions that are still open, those of pieces outside of steps, have written nothing yet.
    if (text === '') continue;
    for (const entry of z.array(z.unknown()).parse(JSON.parse(text))) {
      const { success, data } = eventSchema.safeParse(entry);
      if (success) events.push(data);
    }
  }
  return events;
}

function nodeTimes(events: readonly NodeEvent[]): NodeTime[] {
  const byName = groupBy(events, ({ name }) => name);
  return [...byName]
    .filter(([, runs]) => runs.length === STEPS)
    .map(([name, runs]) => ({
      name: name.replace('_kernel_time', ''),
      op: runs[0]!.args.op_name,
      milliseconds: Math.min(...runs.map(({ dur }) => dur)) / 1000,
      shapes: `${shapesOf(runs[0]!.args.input_type_shape)} → ${shapesOf(runs[0]!.args.output_type_shape)}`,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

function shapesOf(tensors: z.infer<typeof shapesSchema>): string {
  return tensors
    .map((tensor) =>
      Object.values(tensor)
        .map((shape) => shape.join('×'))
        .join(),
    )
    .join(' ');
}

import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs';
import { CompiledEngine } from '../src/engine/compiled/engine';
import { startCompiled } from '../src/engine/compiled/start';
import type { Engine, StepFunction, StepInput } from '../src/engine/engine';
import { selectEngine } from '../src/engine/select';
import { keyedRandom } from '../src/random/keyed';
import { STEP_CASES } from './cases/cases';
import { prepareLesson, type CaseLesson } from './cases/lesson';
import { writeTwin } from './cases/twin';
import { MATMUL_SIZE, workerRequestSchema, type Ready, type Turn, type WorkerRequest } from './protocol';

/** Our side of a measurement: takes as many steps as it is told to, and tells how long they took. */
async function main(): Promise<void> {
  const request = workerRequestSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const engine = await engineOf(request);
  const lesson = request.name === 'matmul' ? matmulLesson() : caseLesson(request.name, request.batch);
  if (request.twin !== null) await writeTwin(request.twin, lesson);
  const compilation: Turn['compilation'] = { milliseconds: null, refusal: null };
  const step = engine.prepare(lesson.body, {
    frozen: lesson.frozen,
    onCompiled: (times) => (compilation.milliseconds = times),
    onRefused: (reason) => (compilation.refusal = reason),
  });
  const { sizes, stepMultiplyAdds } = lesson;
  tell({ event: 'ready', sizes, stepMultiplyAdds, device: `${engine.name}, ${engine.device}` });
  let taken = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const steps = Number(line);
    let loss = NaN;
    const usedBefore = process.cpuUsage();
    const started = performance.now();
    for (let index = 0; index < steps; index += 1) {
      const outputs = await step.run(lesson.batches[taken % lesson.batches.length]!);
      loss = outputs['loss']![0]!;
      taken += 1;
    }
    const milliseconds = (performance.now() - started) / steps;
    const { user, system } = process.cpuUsage(usedBefore);
    tell({
      event: 'turn',
      milliseconds,
      processorMilliseconds: (user + system) / 1000 / steps,
      loss,
      compilation,
    });
  }
}

async function engineOf({ engine, compiler }: WorkerRequest): Promise<Engine> {
  const selected = await selectEngine(engine, process.cwd());
  if (compiler === null) return selected;
  const { block, fuse = true, rewrite = true } = compiler;
  const options = { provider: 'cpu', fuse, rewrite, ...(block === undefined ? {} : { block }) } as const;
  const { backend, device, reason } = await startCompiled(options);
  return new CompiledEngine(backend, device, reason);
}

function caseLesson(name: string, batch: number): CaseLesson {
  const found = STEP_CASES.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`There is no case ${name}.`);
  return prepareLesson(found, batch);
}

/** One factor is an input, so that an engine that compiles cannot multiply beforehand. */
function matmulLesson(): CaseLesson {
  const random = keyedRandom('matmul');
  const matrix = (): StepInput => ({
    data: Float32Array.from({ length: MATMUL_SIZE * MATMUL_SIZE }, () => random() - 0.5),
    shape: [MATMUL_SIZE, MATMUL_SIZE],
  });
  const { data, shape } = matrix();
  const right = tf.variable(tf.tensor(data, [...shape]), false);
  const body: StepFunction = ({ left }) => ({ loss: tf.matMul(left!, right).max() });
  const nothing = { parameters: 0, multiplyAdds: 0 };
  return {
    body,
    frozen: [],
    models: { student: null, adapter: null, teacher: null },
    batches: [{ left: matrix() }],
    sizes: { student: nothing, adapter: nothing, teacher: nothing },
    stepMultiplyAdds: MATMUL_SIZE ** 3,
  };
}

function tell(message: Ready | Turn): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

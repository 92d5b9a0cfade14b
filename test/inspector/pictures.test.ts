import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { ExperimentPicture } from '../../src/protocol/inspection';
import { Bench, patient, soundExperiment, soundModel } from './support';

let bench: Bench | undefined;

afterEach(async () => {
  await bench?.dispose();
  bench = undefined;
});

async function lookAt(model: string, timeLimit?: number, text = soundExperiment): Promise<ExperimentPicture> {
  bench = await Bench.make(timeLimit);
  await bench.write('model.ts', model);
  return look(bench, text);
}

function look(at: Bench, text = soundExperiment): Promise<ExperimentPicture> {
  return at.inspector.inspect({ file: at.path('a.distill.yaml'), text });
}

describe('a picture', () => {
  test('has the layers of a sound student, and the files it depends on', async () => {
    const picture = await lookAt(soundModel);
    expect(picture.problems).toEqual([]);
    expect(picture.teachers).toEqual([]);
    const { student } = picture;
    expect(student?.failure).toBeNull();
    expect(student?.table?.rows.map(({ name, shape }) => [name, shape])).toEqual([
      ['conv1', [14, 14, 4]],
      ['flatten_Flatten1', [784]],
      ['logits', [10]],
    ]);
    expect(student?.table?.outputs).toEqual(['logits']);
    expect(picture.files).toEqual([bench!.path('model.ts')]);
  });

  test('has the teachers too, and what is wrong with the hints between', async () => {
    bench = await Bench.make();
    await bench.write('model.ts', soundModel);
    await bench.write('teacher.distill.yaml', soundExperiment.replace('./model.ts#student', 'zoo/conv-wide'));
    const picture = await look(
      bench,
      `${soundExperiment}teacher: { experiment: ./teacher.distill.yaml }
distill: { soft: {}, hints: [{ teacher: block1/relu, student: conv9 }] }
`,
    );
    expect(picture.teachers.map(({ reference }) => reference)).toEqual(['zoo/conv-wide']);
    expect(picture.teachers[0]?.table?.format).toBe('zoo');
    expect(picture.problems.map(({ code, suggestion }) => [code, suggestion])).toContainEqual([
      'unknown-layer',
      'conv1',
    ]);
    expect(new Set(picture.files)).toEqual(
      new Set([bench.path('model.ts'), bench.path('teacher.distill.yaml')]),
    );
  });

  test('of half-typed text tells what is missing, and has no models', async () => {
    const picture = await lookAt(soundModel, undefined, 'data: { dataset: digits\nstudent: {');
    expect(picture.student).toBeNull();
    expect(picture.problems[0]?.code).toBe('yaml-syntax');
  });

  test('shows the models where the data is missing', async () => {
    const data = `data:
  dataset: idx
  classes: 10
  files: { train: { images: a, labels: b }, test: { images: c, labels: d } }
`;
    const picture = await lookAt(soundModel, undefined, soundExperiment.replace(/^data.*\n/, data));
    expect(picture.problems.map(({ code }) => code)).toContain('missing-file');
    expect(picture.student?.table?.rows[0]?.name).toBe('conv1');
  });

  test('is made anew when a file of the model has changed, and only then', async () => {
    const counting = `console.log('built');\n${soundModel}`;
    await lookAt(counting);
    await look(bench!, `# A comment.\n${soundExperiment}`);
    expect(bench!.output.filter((line) => line === 'built')).toHaveLength(1);
    await bench!.write('model.ts', counting.replace('filters: 4', 'filters: 8'));
    const picture = await look(bench!);
    expect(picture.student?.table?.rows[0]?.shape).toEqual([14, 14, 8]);
  });

  test('of a missing import says where it is imported, and knows the file that would mend it', async () => {
    const picture = await lookAt(
      `import { block } from './blocks';\n${soundModel}\nexport const other = block;\n`,
    );
    expect(picture.student?.table).toBeNull();
    expect(picture.student?.failure?.source).toEqual({ file: bench!.path('model.ts'), line: 1, column: 23 });
    expect(picture.problems[0]?.message).toContain('./blocks');
    expect(picture.files).toContain(bench!.path('blocks.ts'));
    await bench!.write('blocks.ts', 'export const block = 1;\n');
    expect((await look(bench!)).student?.failure).toBeNull();
    await rm(bench!.path('blocks.ts'));
    expect((await look(bench!)).student?.failure).not.toBeNull();
  });

  test('of a model that throws has the line of the user', async () => {
    const throwing = `function helper(): never {\n  throw new Error('no layers left');\n}\nexport function student() {\n  return helper();\n}\n`;
    const picture = await lookAt(throwing);
    expect(picture.student?.failure).toEqual({
      message: './model.ts#student fails: no layers left',
      source: { file: bench!.path('model.ts'), line: 2, column: 9 },
    });
    expect(picture.problems).toMatchObject([{ code: 'bad-model', line: 2 }]);
  });
});

describe('code of a model that misbehaves', () => {
  test('prints to the log and corrupts nothing', async () => {
    const picture = await lookAt(
      `console.log('{"kind":"value","id":"x"}');\nconsole.error('to the other stream');\nprocess.send?.({ kind: 'value', id: 'x' });\n${soundModel}`,
    );
    expect(picture.student?.table?.rows).toHaveLength(3);
    await expect.poll(() => bench!.output, patient).toContain('{"kind":"value","id":"x"}');
    await expect.poll(() => bench!.output, patient).toContain('to the other stream');
  });

  test('that ends the process is told at its line', async () => {
    const picture = await lookAt(`export function student() {\n  process.exit(3);\n}\n`);
    expect(picture.student?.failure?.message).toMatch(/process\.exit\(3\)/);
    expect(picture.student?.failure?.source).toMatchObject({ line: 2, column: 11 });
    // The process is still there.
    expect((await look(bench!)).student?.failure).not.toBeNull();
  });

  test('that throws later, or rejects, disturbs nobody', async () => {
    const late = `setTimeout(() => { throw new Error('later'); }, 0);\nvoid Promise.reject(new Error('rejected'));\n`;
    await lookAt(`${late}${soundModel}`);
    await expect.poll(() => bench!.output.join('\n'), patient).toContain('later');
    expect(bench!.output.join('\n')).toContain('rejected');
    expect((await look(bench!)).student?.failure).toBeNull();
  });

  test.each([
    ['at the top of its file', `let n = 0;\nfor (;;) {\n  n += 1;\n}\n${soundModel}`, 2, 4],
    [
      'in the function that builds it',
      `export function student() {\n  return loop();\n}\nfunction loop(): never {\n  for (;;) {\n    Math.sqrt(2);\n  }\n}\n`,
      5,
      7,
    ],
  ])('that never ends %s is stopped, and its line told', async (_, model, from, to) => {
    const failure: unknown = await lookAt(model, 1).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'stuck', source: { file: bench!.path('model.ts') } });
    const { message, source } = failure as { message: string; source: { line: number } };
    expect(message).toContain('still runs after 1 s');
    expect(source.line).toBeGreaterThanOrEqual(from);
    expect(source.line).toBeLessThanOrEqual(to);
    await bench!.write('model.ts', soundModel);
    expect((await look(bench!)).student?.table?.rows).toHaveLength(3);
  });

  test('that waits for what never comes is stopped too', async () => {
    const waiting = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n${soundModel}`;
    await expect(lookAt(waiting, 1)).rejects.toMatchObject({ kind: 'stuck', source: { line: 1 } });
  });

  test('that kills the process is told, and the next call is answered', async () => {
    await expect(lookAt(`process.kill(process.pid, 'SIGKILL');\n${soundModel}`)).rejects.toMatchObject({
      kind: 'crashed',
      message: expect.stringContaining('SIGKILL') as string,
    });
    await bench!.write('model.ts', soundModel);
    expect((await look(bench!)).student?.failure).toBeNull();
  });

  test('that eats all memory is told so', async () => {
    // Large pieces: a heap that fills up slowly is searched for garbage again and again.
    const greedy = `const kept: unknown[] = [];\nfor (;;) kept.push(new Array(5_000_000).fill(1.5));\n`;
    bench = await Bench.make(120, { NODE_OPTIONS: '--max-old-space-size=300' });
    await bench.write('model.ts', greedy);
    await expect(look(bench)).rejects.toMatchObject({
      kind: 'crashed',
      message: expect.stringContaining('out of memory') as string,
    });
  });
});

describe('an inspector', () => {
  test('answers all calls, of those for one file that wait only the last', async () => {
    bench = await Bench.make();
    await bench.write('model.ts', soundModel);
    const texts = [1, 2, 3, 4].map((seed) => `${soundExperiment}seed: ${seed === 3 ? 'x' : seed}\n`);
    const pictures = await Promise.all(texts.map((text) => look(bench!, text)));
    // The third text, whose seed is wrong, was never looked at.
    expect(pictures.map(({ problems }) => problems.length)).toEqual([0, 0, 0, 0]);
    expect(pictures[1]).toBe(pictures[3]);
  });

  test('whose process is killed between two calls starts another one', async () => {
    await lookAt(soundModel);
    const { pid } = bench!.inspector;
    process.kill(pid!, 'SIGKILL');
    await expect.poll(() => bench!.inspector.pid, patient).toBeUndefined();
    expect((await look(bench!)).problems).toEqual([]);
    expect(bench!.inspector.pid).not.toBe(pid);
  });

  test('ends with whoever started it', async () => {
    await lookAt(soundModel);
    const { pid } = bench!.inspector;
    bench!.inspector.dispose();
    await expect.poll(() => isRunning(pid!), patient).toBe(false);
    await expect(look(bench!)).rejects.toMatchObject({ kind: 'disposed' });
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkExperiment } from '../experiment/check';
import { parseExperiment } from '../experiment/parse';

const snippets = z
  .record(
    z.string(),
    z.object({ prefix: z.string(), description: z.string(), body: z.array(z.string()).min(1) }),
  )
  .parse(JSON.parse(readFileSync(new URL('../../media/snippets.json', import.meta.url), 'utf8')));

/** The text of a snippet when nothing but its proposals is taken. */
function filled(body: readonly string[]): string {
  return body
    .join('\n')
    .replaceAll(/\$\{\d+\|([^,|]*)[^}]*\|\}/g, '$1')
    .replaceAll(/\$\{\d+:([^}]*)\}/g, '$1')
    .replaceAll(/\$\d/g, '');
}

const data = 'data: { dataset: digits }\n';
const student = 'student: { model: zoo/conv-thin }\n';
const teacher = 'teacher: { experiment: ./teacher.distill.yaml }\n';
const indented = (text: string, by: string): string => text.replaceAll(/^/gm, by);

/** Where each snippet belongs. */
const skeletons: Record<string, (text: string) => string> = {
  'distill-train': (text) => text,
  'distill-experiment': (text) => text,
  'distill-teacher': (text) => `${data}${student}distill: { soft: {} }\n${text}`,
  'distill-ensemble': (text) => `${data}${student}distill: { soft: {} }\n${text}`,
  'distill-weights': (text) => `${data}${student}distill: { soft: {} }\n${text}`,
  'distill-kd': (text) => `${data}${student}${teacher}${text}`,
  'distill-hints': (text) => `${data}${student}${teacher}${text}`,
  'distill-hint': (text) =>
    `${data}${student}${teacher}distill:\n  hard: {}\n  hints:\n${indented(text, '    ')}`,
  'distill-stages': (text) =>
    `${data}${student}${teacher}distill: { hard: {}, soft: {}, hints: [{ teacher: a, student: a }] }\ntrain:\n${indented(text, '  ')}`,
  'distill-unlabelled': (text) =>
    `data:\n  dataset: mnist\n${indented(text, '  ')}\n${student}${teacher}distill: { soft: {} }`,
};

describe('snippets', () => {
  it('have a place each', () => {
    const prefixes = Object.values(snippets).map(({ prefix }) => prefix);
    expect(prefixes.toSorted()).toEqual(Object.keys(skeletons).toSorted());
  });

  it.each(Object.values(snippets).map(({ prefix, body }) => [prefix, body] as const))(
    '%s is valid where it belongs',
    (prefix, body) => {
      const text = skeletons[prefix]!(filled(body));
      const parsed = parseExperiment(text, '/folder/x.distill.yaml');
      expect([...parsed.problems, ...checkExperiment(parsed)], text).toEqual([]);
    },
  );
});

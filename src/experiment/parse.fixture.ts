import { parseExperiment, type ParsedExperiment } from './parse';
import type { Problem } from './problem';

/** The smallest right experiment, in two lines. */
export const SMALLEST = 'data: { dataset: digits }\nstudent: { model: zoo/mlp }\n';

export function parse(text: string): ParsedExperiment {
  return parseExperiment(text, '/lab/kd.distill.yaml');
}

/** `line:column code message → suggestion`. */
export function lineOf({ line, column, code, message, suggestion }: Problem): string {
  return `${line}:${column} ${code} ${message}${suggestion === undefined ? '' : ` → ${suggestion}`}`;
}

/** What parsing finds, one line a problem. */
export function listing(text: string): string[] {
  return parse(text).problems.map(lineOf);
}

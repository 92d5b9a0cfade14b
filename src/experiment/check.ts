import { checkData } from './checkData';
import type { Checked } from './checked';
import { checkTeachers } from './checkTeachers';
import { checkTraining } from './checkTraining';
import { locate, type ParsedExperiment } from './parse';
import { inTextOrder, type Finding, type Problem } from './problem';

/**
 * Checks what the schema cannot say and no model is needed for: that the parts of an experiment fit together. All
 * problems at once, in the order of the text; those of {@link ParsedExperiment.problems} are not repeated. An
 * experiment with mistakes is checked as it was probably meant, as far as that can be told.
 */
export function checkExperiment(parsed: ParsedExperiment): Problem[] {
  if (parsed.draft === null) return [];
  const checked: Checked = {
    experiment: parsed.draft,
    file: parsed.file,
    isWritten: parsed.isWritten,
  };
  const findings: Finding[] = [...checkData(checked), ...checkTeachers(checked), ...checkTraining(checked)];
  return inTextOrder(findings.map((finding) => locate(parsed, finding)));
}

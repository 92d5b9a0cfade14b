import type { Checked } from './checked';
import { splitModelReference } from './files';
import type { ExperimentPath, Finding } from './problem';
import { teachersOf, type GivenTeacher, type HintConfig, type TeacherConfig } from './schema';
import { termsOf } from './stages';

/** That there is a teacher where one is needed, that it is learnt from, and that every hint comes from one. */
export function checkTeachers(checked: Checked): Finding[] {
  return [
    ...checkPresence(checked),
    ...teachersOf(checked.experiment).flatMap((teacher, member) => checkTeacher(checked, teacher, member)),
    ...checkEnsemble(checked),
    ...(checked.experiment.distill?.hints ?? []).flatMap((hint, index) => checkHint(checked, hint, index)),
  ];
}

function checkPresence({ experiment }: Checked): Finding[] {
  const taught = termsOf(experiment).filter((term) => term !== 'hard');
  const hasTeacher = teachersOf(experiment).length > 0;
  if (hasTeacher && taught.length === 0) {
    return [
      {
        path: ['teacher'],
        part: 'key',
        severity: 'warning',
        code: 'unused',
        message: 'Nothing is learnt from the teacher. Write `distill` with `soft` or `hints`.',
      },
    ];
  }
  if (hasTeacher) return [];
  return taught.map((term) => ({
    path: ['distill', term],
    part: 'key',
    code: 'conflict',
    message: `\`distill.${term}\` needs a teacher. Write \`teacher\`, or leave \`${term}\` out.`,
  }));
}

function checkTeacher(checked: Checked, teacher: TeacherConfig, member: number): Finding[] {
  const path = pathOfTeacher(checked, member);
  const findings: Finding[] = [];
  if ('experiment' in teacher && namesFile(teacher.experiment, checked.file)) {
    findings.push({
      path: [...path, 'experiment'],
      code: 'cyclic-teacher',
      message: 'An experiment cannot be its own teacher. Name the file of another one.',
    });
  }
  if ('model' in teacher) findings.push(...checkGivenTeacher(teacher, path));
  const before = teachersOf(checked.experiment).slice(0, member);
  const same = before.findIndex((other) => JSON.stringify(other) === JSON.stringify(teacher));
  if (same >= 0) {
    findings.push({
      path,
      part: 'key',
      severity: 'warning',
      code: 'unused',
      message: `This is member ${same} again; an ensemble gains nothing from it. Another \`seed\` makes it another teacher.`,
    });
  }
  return findings;
}

/** That a model has its weights, and one that is written in code nothing that only networks in files have. */
function checkGivenTeacher(teacher: GivenTeacher, path: ExperimentPath): Finding[] {
  const reference = splitModelReference(teacher.model);
  const findings: Finding[] = [];
  const bringsWeights = reference.kind === 'network' && reference.format !== 'darknet';
  if (!bringsWeights && teacher.weights === undefined) {
    const ending = reference.kind === 'network' ? '.weights' : '.safetensors';
    findings.push({
      path,
      part: 'key',
      code: 'missing-key',
      message: `The teacher has no \`weights\`. Name the ${ending} file that it was trained to.`,
    });
  }
  if (bringsWeights && teacher.weights !== undefined) {
    findings.push({
      path: [...path, 'weights'],
      part: 'key',
      code: 'conflict',
      message: `${teacher.model} brings its own weights. Leave \`weights\` out.`,
    });
  }
  if (reference.kind === 'network' && teacher.options !== undefined) {
    findings.push({
      path: [...path, 'options'],
      part: 'key',
      code: 'conflict',
      message: 'A network in a file takes no options. Leave `options` out.',
    });
  }
  if (reference.kind !== 'network' && teacher.normalize !== undefined) {
    findings.push({
      path: [...path, 'normalize'],
      part: 'key',
      code: 'conflict',
      message: '`normalize` is for networks in files. A model in code normalizes in a layer of its own.',
    });
  }
  if (teacher.normalize && teacher.normalize.mean.length !== teacher.normalize.std.length) {
    findings.push({
      path: [...path, 'normalize'],
      part: 'key',
      code: 'conflict',
      message: '`mean` and `std` must have a number for each channel, so equally many.',
    });
  }
  return findings;
}

function checkEnsemble({ experiment, isWritten }: Checked): Finding[] {
  const path = ['distill', 'soft', 'ensemble'];
  if (teachersOf(experiment).length !== 1 || !isWritten(path)) return [];
  return [
    {
      path,
      part: 'key',
      severity: 'information',
      code: 'unused',
      message: 'There is one teacher only, so nothing is averaged.',
    },
  ];
}

function checkHint({ experiment }: Checked, hint: HintConfig, index: number): Finding[] {
  const path = ['distill', 'hints', index];
  const findings: Finding[] = [];
  const count = teachersOf(experiment).length;
  if (count > 0 && hint.member >= count) {
    const range = count === 1 ? 'There is only one, member 0.' : `The members are 0–${count - 1}.`;
    findings.push({
      path: [...path, 'member'],
      code: 'wrong-value',
      message: `There is no teacher ${hint.member}. ${range}`,
    });
  }
  const before = experiment.distill?.hints?.slice(0, index) ?? [];
  const same = before.findIndex((other) => isSamePair(other, hint));
  if (same >= 0) {
    findings.push({
      path,
      part: 'key',
      severity: 'warning',
      code: 'conflict',
      message: `This is hint ${same + 1} again. Keep one of them; a larger \`weight\` makes it count more.`,
    });
  }
  return findings;
}

function isSamePair(a: HintConfig, b: HintConfig): boolean {
  return (
    a.teacher === b.teacher && a.student === b.student && a.member === b.member && a.distance === b.distance
  );
}

function pathOfTeacher({ experiment }: Checked, member: number): ExperimentPath {
  return Array.isArray(experiment.teacher) ? ['teacher', member] : ['teacher'];
}

/** Whether a reference is plainly the name of a file in its own folder; other spellings are for the file system. */
function namesFile(reference: string, file: string): boolean {
  return reference.replace(/^\.[/\\]/, '') === file.split(/[/\\]/).at(-1);
}

import type { Checked } from './checked';
import type { ExperimentPath, Finding } from './problem';
import type { Experiment, ScheduleConfig, Term } from './schema';
import { hardWeightOf, onlyOf, stagesOf, termsOf, type ResolvedStage } from './stages';

/** That there is something to learn in every stage, and that the stages and schedules make sense. */
export function checkTraining(checked: Checked): Finding[] {
  return [
    ...checkLabels(checked),
    ...checkOnly(checked),
    ...checkWeights(checked),
    ...checkUnusedTerms(checked),
    ...checkIdleHints(checked),
    ...checkTemperature(checked),
    ...checkHintsAlone(checked),
    ...checkInherited(checked),
    ...schedulesOf(checked).flatMap(checkSchedule),
  ];
}

function checkLabels({ experiment }: Checked): Finding[] {
  if (experiment.data.train.labels) return [];
  if (experiment.distill?.hard !== undefined) {
    return [
      {
        path: ['distill', 'hard'],
        part: 'key',
        code: 'conflict',
        message:
          '`distill.hard` learns from labels, but `data.train.labels` is `false`. Leave one of them out.',
      },
    ];
  }
  if (experiment.distill !== undefined) return [];
  return [
    {
      path: ['data', 'train', 'labels'],
      code: 'conflict',
      message:
        'Without labels there is nothing to learn from. Write `distill` with `soft` or `hints`, or use the labels.',
    },
  ];
}

/** `only` names terms that there are. */
function checkOnly({ experiment }: Checked): Finding[] {
  const terms = termsOf(experiment);
  return (experiment.train.stages ?? []).flatMap((stage, index) =>
    (onlyOf(stage) ?? []).flatMap((term, position): Finding[] => {
      if (terms.includes(term)) return [];
      const path = ['train', 'stages', index, 'only'];
      return [
        {
          path: Array.isArray(stage.only) ? [...path, position] : path,
          code: 'conflict',
          message: `This stage learns from \`${term}\`, but there is no \`distill.${term}\`.`,
        },
      ];
    }),
  );
}

/** In every stage some term has a weight above 0. */
function checkWeights({ experiment }: Checked): Finding[] {
  const { distill, train } = experiment;
  const terms = termsOf(experiment);
  if (terms.length === 0) {
    return [
      {
        path: ['distill'],
        part: 'key',
        code: 'conflict',
        message:
          'There is nothing to learn from. Write `hard`, `soft` or `hints` in `distill`, or leave it out.',
      },
    ];
  }
  const isIdle = (some: readonly Term[]): boolean => some.every((term) => weightOf(experiment, term) === 0);
  if (distill !== undefined && isIdle(terms)) {
    return [
      {
        path: ['distill'],
        part: 'key',
        code: 'conflict',
        message: 'There is nothing to learn: every weight is 0.',
      },
    ];
  }
  if (train.stages === undefined) return [];
  return stagesOf(experiment).flatMap((stage, index): Finding[] => {
    if (stage.terms.length === 0 || !isIdle(stage.terms)) return [];
    return [
      {
        path: ['train', 'stages', index],
        part: 'key',
        code: 'conflict',
        message: `There is nothing to learn in the stage "${stage.name}": its terms have weight 0.`,
      },
    ];
  });
}

function checkUnusedTerms({ experiment }: Checked): Finding[] {
  if (experiment.distill === undefined) return [];
  const used = new Set(stagesOf(experiment).flatMap(({ terms }) => terms));
  const unused = termsOf(experiment).filter((term) => !used.has(term));
  return unused.map((term) => ({
    path: ['distill', term],
    part: 'key',
    severity: 'warning',
    code: 'unused',
    message: `No stage learns from \`distill.${term}\`: the \`only\` of every stage leaves it out.`,
  }));
}

/** Single hints of weight 0; where all weights are 0 that is told as a whole. */
function checkIdleHints({ experiment }: Checked): Finding[] {
  const hints = experiment.distill?.hints ?? [];
  if (hints.every(({ weight }) => weight === 0)) return [];
  return hints.flatMap(({ weight }, index): Finding[] =>
    weight > 0
      ? []
      : [
          {
            path: ['distill', 'hints', index, 'weight'],
            severity: 'warning',
            code: 'unused',
            message:
              'This hint has weight 0, so nothing is learnt from it. Leave it out, or give it a weight.',
          },
        ],
  );
}

/** Temperatures that soft targets are not meant for: Hinton et al. 2015 use 1 to 20. */
function checkTemperature({ experiment }: Checked): Finding[] {
  const temperature = experiment.distill?.soft?.temperature;
  if (temperature === undefined || (temperature >= 1 && temperature <= 20)) return [];
  const isLow = temperature < 1;
  return [
    {
      path: ['distill', 'soft', 'temperature'],
      severity: isLow ? 'warning' : 'information',
      code: 'odd-temperature',
      message: isLow
        ? `The temperature ${temperature} sharpens what the teacher says instead of softening it. Usual are 1 to 20.`
        : `At the temperature ${temperature} all classes are nearly alike, and the logits themselves are matched. Usual are 1 to 20.`,
    },
  ];
}

function checkHintsAlone({ experiment }: Checked): Finding[] {
  const stages = stagesOf(experiment);
  if (!stages.every(({ terms }) => terms.length === 1 && terms[0] === 'hints')) return [];
  return [
    {
      path: experiment.train.stages === undefined ? ['distill', 'hints'] : ['train', 'stages'],
      part: 'key',
      severity: 'warning',
      code: 'conflict',
      message:
        'Hints alone never train the layers behind the guided ones, so the student stays untrained. Add `hard` or `soft`, or a stage with them.',
    },
  ];
}

/** What stands in `train` for all stages is used by one at least. */
function checkInherited({ experiment, isWritten }: Checked): Finding[] {
  const { stages, epochs } = experiment.train;
  if (stages === undefined) return [];
  const findings: Finding[] = [];
  if (epochs !== undefined) {
    findings.push({
      path: ['train', 'epochs'],
      part: 'key',
      code: 'conflict',
      message:
        '`epochs` and `stages` exclude each other: each stage has its own epochs. Leave one of them out.',
    });
  }
  for (const key of ['optimizer', 'schedule'] as const) {
    if (!isWritten(['train', key]) || stages.some((stage) => stage[key] === undefined)) continue;
    findings.push({
      path: ['train', key],
      part: 'key',
      severity: 'warning',
      code: 'unused',
      message: `Every stage has its own \`${key}\`, so this one is not used.`,
    });
  }
  return findings;
}

/** A schedule as it is written, once, with the stages that follow it. */
interface WrittenSchedule {
  path: ExperimentPath;
  schedule: ScheduleConfig;
  stages: readonly ResolvedStage[];
}

function schedulesOf({ experiment }: Checked): WrittenSchedule[] {
  const stages = stagesOf(experiment);
  const own = experiment.train.stages ?? [];
  const inheriting = stages.filter((_, index) => own[index]?.schedule === undefined);
  const shared = { path: ['train', 'schedule'], schedule: experiment.train.schedule, stages: inheriting };
  const written = own.flatMap(({ schedule }, index) =>
    schedule === undefined
      ? []
      : { path: ['train', 'stages', index, 'schedule'], schedule, stages: [stages[index]!] },
  );
  return inheriting.length === 0 ? written : [shared, ...written];
}

function checkSchedule({ path, schedule, stages }: WrittenSchedule): Finding[] {
  const findings: Finding[] = [];
  const short = stages.find(({ epochs }) => schedule.warmup >= epochs);
  if (short !== undefined && schedule.warmup > 0) {
    findings.push({
      path: [...path, 'warmup'],
      code: 'conflict',
      message: `The warm-up never ends: \`warmup\` is ${schedule.warmup}, and the stage "${short.name}" ends at epoch ${short.epochs}.`,
    });
  }
  if (schedule.name !== 'step') return findings;
  const longest = Math.max(...stages.map(({ epochs }) => epochs));
  for (const [index, milestone] of schedule.milestones.entries()) {
    if (milestone < longest) continue;
    findings.push({
      path: [...path, 'milestones', index],
      severity: 'warning',
      code: 'unused',
      message: `The milestone ${milestone} is never reached: the ${stages.length === 1 ? 'stage' : 'longest stage'} ends at epoch ${longest}.`,
    });
  }
  return findings;
}

function weightOf(experiment: Experiment, term: Term): number {
  switch (term) {
    case 'hard':
      return hardWeightOf(experiment);
    case 'soft':
      return experiment.distill?.soft?.weight ?? 0;
    case 'hints':
      return (experiment.distill?.hints ?? []).reduce((sum, hint) => sum + hint.weight, 0);
  }
}

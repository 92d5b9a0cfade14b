import type { Plan } from './fabricate';

/** The four runs that most tests look at: a baseline, a distilled student, FitNets under way, and a failure. */
export const student: Plan = { id: 'student', name: 'mnist-student', ceiling: 0.962, terms: ['hard'] };
export const kd: Plan = {
  id: 'kd',
  name: 'mnist-kd',
  ceiling: 0.978,
  terms: ['hard', 'soft'],
  teacherAccuracy: 0.9891,
  resumes: [2310],
};
export const fitnet: Plan = {
  id: 'fitnet',
  name: 'mnist-fitnet',
  ceiling: 0.981,
  terms: ['hard', 'soft', 'hint 1', 'hint 2'],
  teacherAccuracy: 0.9891,
  hintRows: 120,
  rows: 360,
  state: 'running',
};
export const broken: Plan = {
  id: 'broken',
  name: 'mnist-fitnet-lr-too-high',
  ceiling: 0.9,
  terms: ['hard', 'soft', 'hint 1'],
  teacherAccuracy: 0.9891,
  hintRows: 120,
  rows: 150,
  state: 'failed',
  reason:
    'The loss became NaN in the term "soft" at step 1,500. Lower the learning rate or clip the gradient',
};

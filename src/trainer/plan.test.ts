import { expect, test } from 'vitest';
import { experimentSchema } from '../experiment/schema';
import { TrainingPlan } from './plan';

test('places every step in its stage, epoch and batch', () => {
  const plan = new TrainingPlan(
    experimentSchema.parse({
      data: { dataset: 'digits' },
      teacher: { experiment: './teacher.distill.yaml' },
      student: { model: 'zoo/conv-thin' },
      distill: { soft: {}, hints: [{ teacher: 'a', student: 'b' }] },
      train: { stages: [{ only: 'hints', epochs: 2 }, { epochs: 3 }] },
    }),
    10,
  );
  expect(plan.totalSteps).toBe(50);
  expect(plan.place(0)).toMatchObject({ epoch: 0, batch: 0, stageEpochs: 0, endsEpoch: false });
  expect(plan.place(19)).toMatchObject({ epoch: 1, batch: 9, stageEpochs: 1.9, endsEpoch: true });
  expect(plan.place(20).stage).toMatchObject({ index: 1, firstEpoch: 2, terms: ['soft', 'hints'] });
  expect(plan.place(35)).toMatchObject({ epoch: 3, batch: 5, stageEpochs: 1.5 });
  expect(() => plan.place(50)).toThrow(RangeError);
});

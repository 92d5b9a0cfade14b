import type * as tf from '@tensorflow/tfjs';
import type { ModelContext } from '../../src/models/model';
import { zooModel } from '../../src/models/zoo/zoo';
import { CLASSES, type StepCase } from './case';
import { residualNet, separableNet } from './models';

const photo: [number, number, number] = [32, 32, 3];
const digit: [number, number, number] = [28, 28, 1];

function context(
  inputShape: [number, number, number],
  options: Readonly<Record<string, unknown>> = {},
): ModelContext {
  return { inputShape, classes: CLASSES, options };
}

function convStudent(): tf.LayersModel {
  return zooModel('conv-thin').build(context(photo, { width: 32 }));
}

const convHint = {
  student: 'block2/relu',
  teacher: 'stage2/block2/relu',
  shape: [16, 16, 64],
} satisfies StepCase['hint'];

/** All cases of `bench -- step`, from the smallest on. */
export const STEP_CASES: readonly StepCase[] = [
  {
    name: 'mlp',
    summary: '784-800-800-10, teacher logits given',
    student: () => zooModel('mlp').build(context(digit, { hidden: [800, 800] })),
    teacher: null,
    hint: null,
  },
  {
    name: 'conv-cached',
    summary: 'conv-BN-ReLU 32/64/128 on 32×32×3, teacher logits and hint given',
    student: convStudent,
    teacher: null,
    hint: convHint,
  },
  {
    name: 'conv-teacher',
    summary: 'the same, with a ResNet teacher of 1 M parameters forward in the step',
    student: convStudent,
    teacher: () =>
      residualNet(context(photo), [
        { channels: 32, blocks: 2 },
        { channels: 64, blocks: 2 },
        { channels: 128, blocks: 3 },
      ]),
    hint: convHint,
  },
  {
    name: 'resnet',
    summary: 'ResNet-20 from ResNet-56 in the step, 32×32×3, one hint',
    student: () => zooModel('resnet20').build(context(photo)),
    teacher: () => zooModel('resnet56').build(context(photo)),
    hint: { student: 'stage2/block3/relu', teacher: 'stage2/block9/relu', shape: [16, 16, 32] },
  },
  {
    name: 'depthwise',
    summary: 'depthwise separable 64/128/128/256/256 on 32×32×3, teacher logits given',
    student: () =>
      separableNet(context(photo), 32, [
        { channels: 64, strides: 1 },
        { channels: 128, strides: 2 },
        { channels: 128, strides: 1 },
        { channels: 256, strides: 2 },
        { channels: 256, strides: 1 },
      ]),
    teacher: null,
    hint: null,
  },
];

import * as tf from '@tensorflow/tfjs';
import { replaceGradient } from './replace';

const COMPARISONS = [
  'Equal',
  'NotEqual',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'LogicalAnd',
  'LogicalOr',
] as const;

/**
 * Answers do not move with their questions: their gradient is zero. tfjs-core knows that of GreaterEqual only, so that
 * a `where` whose condition depends on a variable cannot be differentiated.
 */
export function registerLogicGradients(): void {
  for (const kernelName of COMPARISONS) {
    replaceGradient({
      kernelName,
      inputsToSave: ['a', 'b'],
      gradFunc: (_, saved) => ({
        a: () => tf.zeros(saved[0]!.shape),
        b: () => tf.zeros(saved[1]!.shape),
      }),
    });
  }
  replaceGradient({
    kernelName: 'LogicalNot',
    inputsToSave: ['x'],
    gradFunc: (_, saved) => ({ x: () => tf.zeros(saved[0]!.shape) }),
  });
}

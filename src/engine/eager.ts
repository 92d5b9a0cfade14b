import * as tf from '@tensorflow/tfjs';
import type { Engine, EngineName, Step, StepFunction, StepInput } from './engine';

/** An engine that executes a step op by op on the active tfjs backend. */
export class EagerEngine implements Engine {
  constructor(
    readonly name: EngineName,
    readonly device: string,
    readonly reason: string,
  ) {}

  prepare(body: StepFunction): Step {
    return {
      run: async (inputs) => {
        const outputs = tf.tidy(() => body(makeTensors(inputs)));
        try {
          const entries = Object.entries(outputs).map(
            async ([name, tensor]) => [name, Float32Array.from(await tensor.data())] as const,
          );
          return Object.fromEntries(await Promise.all(entries));
        } finally {
          tf.dispose(outputs);
        }
      },
      dispose() {
        // Nothing is held between runs.
      },
    };
  }
}

function makeTensors(inputs: Readonly<Record<string, StepInput>>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [
      name,
      tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32'),
    ]),
  );
}

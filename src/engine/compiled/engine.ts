import type * as tf from '@tensorflow/tfjs';
import { EagerEngine } from '../eager';
import type { Engine, Step, StepFunction, StepInput, StepOptions } from '../engine';
import type { GraphBackend } from './backend';
import { Program } from './program';
import { TraceError } from './trace';

/** Compiles each step into one program of onnxruntime, for each set of input shapes it meets. */
export class CompiledEngine implements Engine {
  readonly name = 'compiled';

  constructor(
    private readonly backend: GraphBackend,
    readonly device: string,
    readonly reason: string,
  ) {}

  prepare(body: StepFunction, options: StepOptions = {}): Step {
    return new CompiledStep(this.backend, body, options);
  }
}

class CompiledStep implements Step {
  private readonly programs = new Map<string, Program>();
  private readonly frozen: readonly tf.Variable[];
  /** Runs op by op what cannot be compiled. */
  private readonly inPieces: Step;
  private refusal: string | null = null;

  constructor(
    private readonly backend: GraphBackend,
    private readonly body: StepFunction,
    private readonly options: StepOptions,
  ) {
    this.frozen = options.frozen ?? [];
    this.inPieces = new EagerEngine('compiled', '', '').prepare(body);
  }

  async run(inputs: Readonly<Record<string, StepInput>>): Promise<Record<string, Float32Array>> {
    const program = this.refusal === null ? this.programFor(inputs) : null;
    return program ? Promise.resolve(program.run(inputs)) : this.inPieces.run(inputs);
  }

  dispose(): void {
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
  }

  private programFor(inputs: Readonly<Record<string, StepInput>>): Program | null {
    const signature = Object.entries(inputs)
      .map(([name, { data, shape }]) => `${name} ${data.constructor.name} ${shape.join('×')}`)
      .join();
    const found = this.programs.get(signature);
    if (found) return found;
    try {
      const program = Program.compile(this.backend, this.body, inputs, this.frozen);
      this.programs.set(signature, program);
      this.options.onCompiled?.(program.report);
      return program;
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.refusal = error.message;
      this.options.onRefused?.(error.message);
      return null;
    }
  }
}

import * as tf from '@tensorflow/tfjs';
import type { OptimizerConfig } from '../experiment/schema';

/** Named tensors that an optimizer moves, in a fixed order. */
export type Variables = ReadonlyMap<string, tf.Variable>;

/** Moves variables along gradients. Everything it remembers stands in `state`, so that a checkpoint can hold it. */
export interface Optimizer {
  /** `momentum/<variable>` and the like; saved and restored with the run. */
  readonly state: ReadonlyMap<string, tf.Variable>;
  /**
   * One step. Runs inside a step function: no values are read.
   *
   * @param gradients by the names of the variables; a variable without one does not move.
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Scalar): void;
}

/** The rules follow PyTorch's optimizers of the same names, so that published settings mean the same here. */
export function createOptimizer(config: OptimizerConfig, variables: Variables): Optimizer {
  switch (config.name) {
    case 'sgd':
      return new Sgd(config, variables);
    case 'adam':
    case 'adamw':
      return new Adam(config, variables);
    case 'rmsprop':
      return new RmsProp(config, variables);
  }
}

type ConfigOf<Name extends OptimizerConfig['name']> = Extract<OptimizerConfig, { name: Name }>;

abstract class StatefulOptimizer implements Optimizer {
  readonly state = new Map<string, tf.Variable>();

  constructor(protected readonly variables: Variables) {}

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Scalar): void {
    this.beginStep();
    for (const [name, variable] of this.variables) {
      const gradient = gradients.get(name);
      if (gradient) variable.assign(this.moved(name, variable, gradient, learningRate));
    }
  }

  /** The new value of a variable. */
  protected abstract moved(
    name: string,
    variable: tf.Variable,
    gradient: tf.Tensor,
    learningRate: tf.Scalar,
  ): tf.Tensor;

  /** Called once per step, before any variable moves. */
  protected beginStep(): void {
    // Only some rules count their steps.
  }

  /** Makes one state variable of zeros for each variable. */
  protected remember(kind: string): void {
    for (const [name, variable] of this.variables) {
      this.state.set(`${kind}/${name}`, tf.variable(tf.zerosLike(variable), false));
    }
  }

  protected recall(kind: string, name: string): tf.Variable {
    const found = this.state.get(`${kind}/${name}`);
    if (!found) throw new Error(`The optimizer has no state ${kind}/${name}.`);
    return found;
  }

  /** Assigns a state variable and gives the new value. */
  protected update(kind: string, name: string, value: tf.Tensor): tf.Tensor {
    this.recall(kind, name).assign(value);
    return value;
  }
}

function withDecay(gradient: tf.Tensor, variable: tf.Variable, weightDecay: number): tf.Tensor {
  return weightDecay > 0 ? tf.add(gradient, tf.mul(variable, weightDecay)) : gradient;
}

/** v ← μ v + g; w ← w − η v, or w − η (g + μ v) with Nesterov. */
class Sgd extends StatefulOptimizer {
  constructor(
    private readonly config: ConfigOf<'sgd'>,
    variables: Variables,
  ) {
    super(variables);
    if (config.momentum > 0) this.remember('momentum');
  }

  protected moved(
    name: string,
    variable: tf.Variable,
    gradient: tf.Tensor,
    learningRate: tf.Scalar,
  ): tf.Tensor {
    const { momentum, nesterov, weightDecay } = this.config;
    const decayed = withDecay(gradient, variable, weightDecay);
    if (momentum === 0) return tf.sub(variable, tf.mul(decayed, learningRate));
    const velocity = this.update(
      'momentum',
      name,
      tf.add(tf.mul(this.recall('momentum', name), momentum), decayed),
    );
    const direction = nesterov ? tf.add(decayed, tf.mul(velocity, momentum)) : velocity;
    return tf.sub(variable, tf.mul(direction, learningRate));
  }
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1). Its state are the sums `mean` ← β₁ mean + g and `square` ← β₂ square + g²,
 * without the factors 1 − β, which the step brings in: each pass over the weights that is saved counts. AdamW decays the
 * weights apart from the gradient (Loshchilov & Hutter 2019).
 */
class Adam extends StatefulOptimizer {
  constructor(
    private readonly config: ConfigOf<'adam'> | ConfigOf<'adamw'>,
    variables: Variables,
  ) {
    super(variables);
    this.remember('mean');
    this.remember('square');
    this.state.set('steps', tf.variable(tf.scalar(0), false));
  }

  protected override beginStep(): void {
    const steps = this.counter();
    steps.assign(tf.add(steps, 1));
  }

  protected moved(
    name: string,
    variable: tf.Variable,
    gradient: tf.Tensor,
    learningRate: tf.Scalar,
  ): tf.Tensor {
    const { beta1, beta2, epsilon, weightDecay } = this.config;
    const decoupled = this.config.name === 'adamw';
    const g = decoupled ? gradient : withDecay(gradient, variable, weightDecay);
    const mean = this.update('mean', name, tf.add(tf.mul(this.recall('mean', name), beta1), g));
    const square = this.update(
      'square',
      name,
      tf.add(tf.mul(this.recall('square', name), beta2), tf.square(g)),
    );
    const steps = this.counter();
    // m̂ = (1 − β₁) mean / (1 − β₁ᵗ) and v̂ = (1 − β₂) square / (1 − β₂ᵗ); the factors meet in three numbers.
    const meanFactor = tf.div(1 - beta1, tf.sub(1, tf.pow(beta1, steps)));
    const rootFactor = tf.sqrt(tf.div(1 - beta2, tf.sub(1, tf.pow(beta2, steps))));
    const root = tf.add(tf.sqrt(square), tf.div(epsilon, rootFactor));
    const rate = tf.div(tf.mul(learningRate, meanFactor), rootFactor);
    const kept =
      decoupled && weightDecay > 0
        ? tf.mul(variable, tf.sub(1, tf.mul(learningRate, weightDecay)))
        : variable;
    return tf.sub(kept, tf.mul(tf.div(mean, root), rate));
  }

  private counter(): tf.Variable {
    const steps = this.state.get('steps');
    if (!steps) throw new Error('Adam lost its step count.');
    return steps;
  }
}

/** s ← ρ s + (1 − ρ) g²; b ← μ b + g / (√s + ε); w ← w − η b. */
class RmsProp extends StatefulOptimizer {
  constructor(
    private readonly config: ConfigOf<'rmsprop'>,
    variables: Variables,
  ) {
    super(variables);
    this.remember('square');
    if (config.momentum > 0) this.remember('momentum');
  }

  protected moved(
    name: string,
    variable: tf.Variable,
    gradient: tf.Tensor,
    learningRate: tf.Scalar,
  ): tf.Tensor {
    const { decay, momentum, epsilon, weightDecay } = this.config;
    const g = withDecay(gradient, variable, weightDecay);
    const square = this.update(
      'square',
      name,
      tf.add(tf.mul(this.recall('square', name), decay), tf.mul(tf.square(g), 1 - decay)),
    );
    const scaled = tf.div(g, tf.add(tf.sqrt(square), epsilon));
    if (momentum === 0) return tf.sub(variable, tf.mul(scaled, learningRate));
    const velocity = this.update(
      'momentum',
      name,
      tf.add(tf.mul(this.recall('momentum', name), momentum), scaled),
    );
    return tf.sub(variable, tf.mul(velocity, learningRate));
  }
}

/** The global norm of gradients, √Σ g², as a scalar. */
export function globalNorm(gradients: ReadonlyMap<string, tf.Tensor>): tf.Scalar {
  const squares = [...gradients.values()].map((gradient) => tf.square(gradient).sum());
  return tf.sqrt(tf.addN(squares)).asScalar();
}

/** Scales gradients so that their global norm is at most `limit`. */
export function clipByGlobalNorm(
  gradients: ReadonlyMap<string, tf.Tensor>,
  norm: tf.Scalar,
  limit: number,
): Map<string, tf.Tensor> {
  const factor = tf.minimum(1, tf.div(limit, tf.maximum(norm, 1e-12)));
  return new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
}

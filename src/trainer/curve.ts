import type { NewEvent } from './reporter';
import type { StepMeasures } from './step';

/** Gathers steps into points of the curves: means over a window of steps. */
export class CurveWindow {
  private steps = 0;
  private images = 0;
  private correct: number | null = null;
  private gradientNorm = 0;
  private stallMilliseconds = 0;
  private readonly losses = new Map<string, number>();
  private startedAt = performance.now();

  /** @param stallMilliseconds that the step waited for its batch. */
  add(measures: StepMeasures, images: number, labelled: boolean, stallMilliseconds: number): void {
    this.stallMilliseconds += stallMilliseconds;
    this.steps += 1;
    this.images += images;
    this.gradientNorm += measures.gradientNorm;
    for (const [name, value] of Object.entries(measures.losses)) {
      this.losses.set(name, (this.losses.get(name) ?? 0) + value);
    }
    if (labelled && measures.correct !== null) this.correct = (this.correct ?? 0) + measures.correct;
  }

  /** The point of the window, and an empty window. @param place where the last step of the window ended. */
  take(place: { step: number; epoch: number; learningRate: number }): Extract<NewEvent, { type: 'step' }> {
    const seconds = (performance.now() - this.startedAt) / 1000;
    const losses = [...this.losses].map(([name, sum]): [string, number] => [name, sum / this.steps]);
    const point: Extract<NewEvent, { type: 'step' }> = {
      type: 'step',
      ...place,
      losses: Object.fromEntries(losses),
      gradientNorm: this.gradientNorm / this.steps,
      trainAccuracy: this.correct === null ? null : this.correct / this.images,
      imagesPerSecond: this.images / Math.max(seconds, 1e-9),
      stallMilliseconds: this.stallMilliseconds / this.steps,
    };
    this.steps = 0;
    this.images = 0;
    this.correct = null;
    this.gradientNorm = 0;
    this.stallMilliseconds = 0;
    this.losses.clear();
    this.startedAt = performance.now();
    return point;
  }
}

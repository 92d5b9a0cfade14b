import { registerBatchNormGradient } from './batchNorm';
import { registerBroadcastingGradients } from './broadcasting';
import { registerConvolutionGradients } from './convolution';
import { registerCumulativeGradients } from './cumulative';
import { registerEinsumGradient } from './einsum';
import { registerIndexingGradients } from './indexing';
import { registerLogicGradients } from './logic';
import { registerShapingGradients } from './shaping';
import { registerSumGradients } from './sums';

/** Puts gradients of ours beside those of tfjs-core: for ops where it has none, a wrong one, or a slow one. */
export function registerGradients(): void {
  registerBatchNormGradient();
  registerBroadcastingGradients();
  registerConvolutionGradients();
  registerCumulativeGradients();
  registerEinsumGradient();
  registerIndexingGradients();
  registerLogicGradients();
  registerShapingGradients();
  registerSumGradients();
}

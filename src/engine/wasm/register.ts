import { correctAveragePoolGradient, correctMaxPoolGradient, correctResizeNearestGradient } from '../pooling';
import { registerConvolutionGradients } from './convolution';
import { registerSegmentSum, registerTransposedMatMul } from './matmul';

/** Gives the wasm backend the kernels that training needs: those it lacks, those that are wrong, those that crawl. */
export function completeWasmKernels(): void {
  registerTransposedMatMul();
  registerSegmentSum();
  registerConvolutionGradients();
  correctAveragePoolGradient('wasm');
  correctMaxPoolGradient();
  correctResizeNearestGradient('wasm');
}

import * as tf from '@tensorflow/tfjs';
import type { SoftConfig } from '../experiment/schema';

/**
 * Soft-target loss of Hinton, Vinyals & Dean 2015 (arXiv 1503.02531, eq. 1–4): T² · (1/B) Σᵢ Σ_c p_c log(p_c / q_c),
 * with p the teacher's and q the student's softmax at temperature T. The factor T² keeps the size of the gradient the
 * same whatever T is, so that weights of terms keep their meaning. `cross-entropy` leaves out the teacher's entropy,
 * which has no gradient.
 *
 * @param student logits `[batch, classes]`.
 * @param teachers logits of each teacher, `[batch, classes]`; several are averaged as `ensemble` says.
 * @param temperature a positive scalar.
 */
export function softTargetLoss(
  student: tf.Tensor2D,
  teachers: readonly tf.Tensor2D[],
  temperature: tf.Scalar,
  { divergence, ensemble }: Pick<SoftConfig, 'divergence' | 'ensemble'>,
): tf.Scalar {
  const teacherLog = teacherLogProbabilities(teachers, temperature, ensemble);
  const studentLog = tf.logSoftmax(tf.div(student, temperature));
  const reference = divergence === 'kl' ? tf.sub(teacherLog, studentLog) : tf.neg(studentLog);
  const perImage = tf.mul(tf.exp(teacherLog), reference).sum(1);
  return tf.mul(perImage.mean(), tf.square(temperature));
}

/**
 * log of the teachers' joint probabilities at temperature T, `[batch, classes]`: of the mean of their logits, or of the
 * mean of their softened probabilities (as log Σₖ exp(log pₖ) − log K, which cannot underflow).
 */
export function teacherLogProbabilities(
  teachers: readonly tf.Tensor2D[],
  temperature: tf.Scalar,
  ensemble: SoftConfig['ensemble'],
): tf.Tensor2D {
  const [first] = teachers;
  if (!first) throw new RangeError('Soft targets need at least one teacher.');
  if (teachers.length === 1) return tf.logSoftmax(tf.div(first, temperature));
  if (ensemble === 'logits')
    return tf.logSoftmax(tf.div(tf.stack([...teachers]).mean<tf.Tensor2D>(0), temperature));
  const logs = tf.stack(teachers.map((logits) => tf.logSoftmax(tf.div(logits, temperature))));
  return tf.sub(tf.logSumExp<tf.Tensor2D>(logs, 0), Math.log(teachers.length));
}

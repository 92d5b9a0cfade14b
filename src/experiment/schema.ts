import { z } from 'zod';

/**
 * The experiment language, `*.distill.yaml`, version 1. This is its one definition: the types, the JSON schema of the
 * editor, completion, hover and the reference in `docs/experiment.md` all come from here.
 */

const weight = z.number().min(0);
/** A share below 1 that an optimizer keeps of its past. */
const decayRate = z.number().min(0).lt(1);
/** Labels are bytes. */
const classNumber = z.int().min(0).max(255);
const seed = z.int().min(0).max(4_294_967_295);
const positiveInteger = z.int().min(1).max(1_000_000_000);
const modelReference = z
  .string()
  .regex(/^(zoo\/[^#]+|(?!zoo\/).+#[^#]+)$/, {
    error: 'must be `path#export`, such as `./models/student.ts#student`, or `zoo/NAME`',
  })
  .describe(
    'The model: `path#export` of a TypeScript or JavaScript file that returns a tf.LayersModel, or `zoo/NAME` for one of the built-in models.',
  );
const teacherReference = z
  .string()
  .regex(/^(zoo\/[^#]+|(?!zoo\/).+#[^#]+|(?!zoo\/)[^#]+\.(onnx|cfg|json))$/, {
    error:
      'must be `path#export`, `zoo/NAME`, or a network in a file: `./teacher.onnx`, `./yolov4.cfg`, `./model.json`',
  })
  .describe(
    'The model: `path#export` of a TypeScript or JavaScript file, `zoo/NAME`, or a network in a file: ONNX (`.onnx`, as PyTorch exports it), Darknet (`.cfg`) or TensorFlow.js (`model.json`).',
  );
const modelOptions = z
  .record(z.string(), z.json())
  .describe('Options handed to the model function, e.g. `{ hidden: [800, 800] }`.');

const selection = z
  .strictObject({
    limit: positiveInteger.optional().describe('Use only the first N samples.'),
    exclude: z
      .array(classNumber)
      .optional()
      .describe('Classes to leave out, e.g. `[3]`: the student never sees an image of them.'),
  })
  .describe('Which samples of the split are used.');

const trainSelection = selection
  .extend({
    labels: z
      .boolean()
      .default(true)
      .describe(
        '`false` hides the labels: an unlabelled transfer set, learnt through soft targets and hints only.',
      ),
  })
  .describe('The transfer set: which training samples are used, and whether their labels are.');

const commonData = {
  train: trainSelection.prefault({}),
  test: selection.prefault({}).describe('Which test images are used.'),
  augment: z
    .strictObject({
      shift: z
        .int()
        .min(0)
        .max(64)
        .default(0)
        .describe('Largest random shift in pixels, both axes, zero-filled.'),
      flip: z.boolean().default(false).describe('Mirror half of the images left to right.'),
    })
    .optional()
    .describe('Seeded random augmentation of the training images.'),
};

const digitsData = z
  .strictObject({
    dataset: z.literal('digits').describe('Generated digits, 16×16 grey, 10 classes; no download.'),
    trainSize: positiveInteger.default(4000).describe('How many training images are generated.'),
    testSize: positiveInteger.default(2000).describe('How many test images are generated.'),
    ...commonData,
  })
  .describe('Generated digits: deterministic, no download.');

const mnistFolder = z
  .string()
  .min(1)
  .optional()
  .describe(
    'Folder with the four IDX files (gzipped or not). Without it: DISTILLERY_DATA, then the download cache.',
  );

const mnistData = z
  .strictObject({
    dataset: z
      .literal('mnist')
      .describe('MNIST handwritten digits, 28×28 grey, 10 classes, 60,000 + 10,000.'),
    path: mnistFolder,
    ...commonData,
  })
  .describe('MNIST from a folder, from DISTILLERY_DATA, or downloaded and checked.');

const fashionMnistData = z
  .strictObject({
    dataset: z.literal('fashion-mnist').describe('Fashion-MNIST, 28×28 grey, 10 classes, 60,000 + 10,000.'),
    path: mnistFolder,
    ...commonData,
  })
  .describe('Fashion-MNIST from a folder, from DISTILLERY_DATA, or downloaded and checked.');

const idxFiles = z.strictObject({
  images: z
    .string()
    .min(1)
    .describe('IDX file of unsigned bytes, [count, height, width] or [count, height, width, channels].'),
  labels: z.string().min(1).describe('IDX file of unsigned bytes, [count].'),
});

const idxData = z
  .strictObject({
    dataset: z.literal('idx').describe('Any pair of IDX files.'),
    files: z
      .strictObject({
        train: idxFiles.describe('Training images and labels.'),
        test: idxFiles.describe('Test images and labels.'),
      })
      .describe('The IDX files, relative to this file.'),
    classes: z
      .int()
      .min(2)
      .max(256)
      .optional()
      .describe('Number of classes; without it, the highest label + 1.'),
    ...commonData,
  })
  .describe('Any IDX image and label files.');

const data = z
  .discriminatedUnion('dataset', [digitsData, mnistData, fashionMnistData, idxData])
  .describe('The dataset, and which part of it is used.');

const normalize = z
  .strictObject({
    mean: z
      .array(z.number())
      .min(1)
      .max(4)
      .describe('What is taken from each channel, e.g. `[0.485, 0.456, 0.406]`.'),
    std: z
      .array(z.number().gt(0))
      .min(1)
      .max(4)
      .describe('What each channel is divided by then, e.g. `[0.229, 0.224, 0.225]`.'),
  })
  .describe(
    'What a network in a file was trained to see: (image − mean) / std, of images from 0 to 1. Without it: the images as they are.',
  );

const teacherModel = z
  .strictObject({
    model: teacherReference,
    options: modelOptions.optional(),
    weights: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The weights of this model, relative to this file: `.safetensors`, or `.weights` of a Darknet `.cfg`. ONNX files and `model.json` bring theirs.',
      ),
    normalize: normalize.optional(),
  })
  .describe('A trained model.');

const teacherExperiment = z
  .strictObject({
    experiment: z
      .string()
      .regex(/\.ya?ml$/, { error: 'must name an experiment file, such as `./teacher.distill.yaml`' })
      .describe(
        'Another experiment file: its best checkpoint is the teacher, trained first when there is none.',
      ),
    seed: seed
      .optional()
      .describe(
        'Trains that experiment with another seed: `seed: 1`, `seed: 2`, … of one file make an ensemble.',
      ),
  })
  .describe('The best checkpoint of another experiment.');

const oneTeacher = z.union([teacherExperiment, teacherModel]);
const teacher = z
  .union([teacherExperiment, teacherModel, z.array(oneTeacher).min(1)])
  .describe(
    'The teacher: an experiment, or a model with weights; a list is an ensemble. Without it: plain training.',
  );

const student = z
  .strictObject({ model: modelReference, options: modelOptions.optional() })
  .describe('The model that is trained.');

const hard = z
  .strictObject({ weight: weight.default(1).describe('Weight of the term.') })
  .describe('Cross-entropy with the labels.');

const soft = z
  .strictObject({
    method: z
      .literal('kd')
      .default('kd')
      .describe('`kd`: Hinton et al. 2015, on logits at a temperature, times T².'),
    divergence: z
      .enum(['kl', 'cross-entropy'])
      .default('kl')
      .describe(
        '`kl` is KL(teacher ‖ student); `cross-entropy` adds the constant entropy of the teacher. Same gradient.',
      ),
    temperature: z
      .number()
      .gt(0)
      .default(4)
      .describe('T, divides the logits of teacher and student. Useful from 1 to 20.'),
    weight: weight.default(0.9).describe('Weight of the term.'),
    ensemble: z
      .enum(['probabilities', 'logits'])
      .default('probabilities')
      .describe('How several teachers are averaged: softened probabilities, or logits.'),
  })
  .describe('Soft targets: the student matches the softened output of the teacher.');

const hint = z
  .strictObject({
    teacher: z.string().min(1).describe('Hint layer: the name of a layer of the teacher.'),
    student: z.string().min(1).describe('Guided layer: the name of a layer of the student.'),
    member: z
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .describe('Which teacher of an ensemble gives the hint, from 0.'),
    adapter: z
      .enum(['auto', 'none', 'conv1x1', 'regressor', 'strided', 'transposed'])
      .default('auto')
      .describe(
        'What carries the guided map to the shape of the hint. `none`: shapes are equal; `conv1x1`: other channels; `regressor`: a valid convolution onto a smaller map (FitNets); `strided`: onto a map k times smaller; `transposed`: onto one k times larger; `auto`: chosen from the shapes and reported.',
      ),
    distance: z
      .enum(['l2', 'l1'])
      .default('l2')
      .describe('`l2`: mean squared difference; `l1`: mean absolute difference.'),
    weight: weight.default(1).describe('Weight of the term.'),
  })
  .describe(
    'A hint: a layer of the student learns the feature maps of a layer of the teacher (FitNets, Romero et al. 2015).',
  );

const distill = z
  .strictObject({
    hard: hard.optional(),
    soft: soft.optional(),
    hints: z.array(hint).min(1).optional().describe('Pairs of layers.'),
    cache: z
      .enum(['auto', 'off'])
      .default('auto')
      .describe(
        'What the teacher says of the training images: `auto` computes it once and keeps it on the disk, where the images are not augmented and there are at least two epochs; `off` runs the teacher in every step.',
      ),
  })
  .describe('What the student learns from. Without it: the labels only.');

const learningRate = z.number().gt(0).describe('Peak learning rate.');
const weightDecay = z.number().min(0).default(0).describe('L2 decay, added to the gradient.');
const epsilon = z.number().gt(0).default(1e-8).describe('Keeps the division away from zero.');
const adamKeys = {
  lr: learningRate.default(0.001),
  beta1: decayRate.default(0.9).describe('Decay of the mean gradient.'),
  beta2: decayRate.default(0.999).describe('Decay of the mean squared gradient.'),
  epsilon,
};
const sgd = z
  .strictObject({
    name: z.literal('sgd').describe('Stochastic gradient descent with momentum.'),
    lr: learningRate.default(0.05),
    momentum: decayRate.default(0.9).describe('Share of the last move that is kept.'),
    nesterov: z.boolean().default(false).describe('Look ahead along the momentum.'),
    weightDecay,
  })
  .describe('Stochastic gradient descent with momentum.');
const adam = z
  .strictObject({ name: z.literal('adam').describe('Adam.'), ...adamKeys, weightDecay })
  .describe('Adam (Kingma & Ba 2015).');
const adamw = z
  .strictObject({
    name: z.literal('adamw').describe('Adam with decoupled weight decay.'),
    ...adamKeys,
    weightDecay: z.number().min(0).default(0.01).describe('Decoupled decay, scaled by the learning rate.'),
  })
  .describe('Adam with decoupled weight decay (Loshchilov & Hutter 2019).');
const rmsprop = z
  .strictObject({
    name: z.literal('rmsprop').describe('RMSProp.'),
    lr: learningRate.default(0.001),
    decay: decayRate.default(0.9).describe('Decay of the mean squared gradient.'),
    momentum: decayRate.default(0).describe('Share of the last move that is kept.'),
    epsilon,
    weightDecay,
  })
  .describe('RMSProp (Tieleman & Hinton 2012).');
const optimizer = z.discriminatedUnion('name', [sgd, adam, adamw, rmsprop]).describe('How the weights move.');

const warmup = z.number().min(0).default(0).describe('Epochs of linear warm-up from 0.');
const constantSchedule = z
  .strictObject({ name: z.literal('constant').describe('The same rate throughout.'), warmup })
  .describe('The same rate throughout.');
const stepSchedule = z
  .strictObject({
    name: z.literal('step').describe('The rate falls at given epochs.'),
    warmup,
    milestones: z
      .array(z.number().gt(0))
      .min(1)
      .describe('Epochs of the stage after which the rate is multiplied by `factor`, e.g. `[10, 15]`.'),
    factor: z.number().gt(0).lt(1).default(0.1).describe('What the rate is multiplied by.'),
  })
  .describe('The rate falls at given epochs.');
const cosineSchedule = z
  .strictObject({
    name: z.literal('cosine').describe('Half a cosine from the peak to `final`.'),
    warmup,
    final: z.number().min(0).max(1).default(0).describe('Where it ends, as a share of the peak.'),
  })
  .describe('Half a cosine from the peak to `final`, over the stage.');
const schedule = z
  .discriminatedUnion('name', [constantSchedule, stepSchedule, cosineSchedule])
  .describe('How the learning rate changes.');

const term = z.enum(['hard', 'soft', 'hints']);
const stage = z
  .strictObject({
    name: z.string().min(1).optional().describe('Shown in the curves.'),
    only: z
      .union([term, z.array(term).min(1)])
      .optional()
      .describe(
        'Terms of this stage; without it, all. `hints` alone trains the student up to the guided layers only (FitNets stage 1).',
      ),
    epochs: positiveInteger.describe('Epochs of this stage.'),
    optimizer: optimizer.optional().describe('Instead of `train.optimizer`.'),
    schedule: schedule.optional().describe('Instead of `train.schedule`.'),
  })
  .describe('A part of the training with its own terms, optimizer state and schedule.');

const train = z
  .strictObject({
    epochs: positiveInteger.optional().describe('Epochs of a training in one stage; 10 without it.'),
    batch: z.int().min(1).max(65_536).default(64).describe('Images per step.'),
    optimizer: optimizer.prefault({ name: 'adam' }),
    schedule: schedule.prefault({ name: 'constant' }),
    clip: z
      .number()
      .gt(0)
      .optional()
      .describe('Largest global norm of the gradient; larger ones are scaled down.'),
    stages: z
      .array(stage)
      .min(1)
      .optional()
      .describe('Several stages, one after the other, instead of `epochs`.'),
  })
  .describe('How long and how the student is trained.');

const evaluate = z
  .strictObject({
    every: positiveInteger
      .default(1)
      .describe('Evaluate on the test images every N epochs, and after the last.'),
    batch: z.int().min(1).max(65_536).default(250).describe('Images at once.'),
  })
  .describe('When the student is measured. The checkpoint with the highest test accuracy is the best one.');

export const experimentSchema = z
  .strictObject({
    version: z.literal(1).default(1).describe('Version of the language.'),
    name: z.string().min(1).max(100).optional().describe('Shown in the run browser. Default: the file name.'),
    task: z.literal('classification').default('classification').describe('What the model is to learn.'),
    seed: seed.default(1).describe('Everything random follows from it: same seed, same engine, same result.'),
    data,
    teacher: teacher.optional(),
    student,
    distill: distill.optional(),
    train: train.prefault({}),
    evaluate: evaluate.prefault({}),
  })
  .describe('A Distillery experiment.');

/** An experiment with every default filled in. */
export type Experiment = z.output<typeof experimentSchema>;
/** An experiment as it may be written, defaults left out. */
export type ExperimentInput = z.input<typeof experimentSchema>;
export type DataConfig = Experiment['data'];
export type TeacherConfig = z.output<typeof oneTeacher>;
/** A teacher that is given as a model, and not as an experiment. */
export type GivenTeacher = z.output<typeof teacherModel>;
export type StudentConfig = Experiment['student'];
export type SoftConfig = z.output<typeof soft>;
export type HintConfig = z.output<typeof hint>;
export type AdapterKind = HintConfig['adapter'];
export type OptimizerConfig = z.output<typeof optimizer>;
export type ScheduleConfig = z.output<typeof schedule>;
export type StageConfig = z.output<typeof stage>;
export type Term = z.output<typeof term>;

/** The teachers of an experiment as a list: none, one, or the members of an ensemble in order. */
export function teachersOf(experiment: Experiment): TeacherConfig[] {
  const { teacher: given } = experiment;
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given];
}

import type { Checked } from './checked';
import type { Finding } from './problem';
import type { DataConfig } from './schema';

/** Images of the real datasets' training split. */
const MNIST_TRAIN_IMAGES = 60_000;
const MNIST_CLASSES = 10;

/** That the chosen part of the dataset exists, as far as it is known without opening it. */
export function checkData({ experiment }: Checked): Finding[] {
  const { data, train } = experiment;
  const classes = classCountOf(data);
  const findings = (['train', 'test'] as const).flatMap((split) => checkExcluded(data, split, classes));
  const images = trainImagesOf(data);
  if (train.batch > images) {
    findings.push({
      path: ['train', 'batch'],
      severity: 'warning',
      code: 'wrong-value',
      message: `\`train.batch\` is ${train.batch}, but there are only ${images} training images: an epoch is one step.`,
    });
  }
  return findings;
}

function checkExcluded(data: DataConfig, split: 'train' | 'test', classes: number): Finding[] {
  const { exclude = [] } = data[split];
  const findings: Finding[] = exclude.flatMap((label, index) =>
    label < classes
      ? []
      : {
          path: ['data', split, 'exclude', index],
          code: 'wrong-value',
          message: `data.${split}.exclude names class ${label}; the classes are 0–${classes - 1}.`,
        },
  );
  if (new Set(exclude.filter((label) => label < classes)).size === classes) {
    findings.push({
      path: ['data', split, 'exclude'],
      code: 'wrong-value',
      message: `data.${split}.exclude leaves no ${split} image. Take a class out of it.`,
    });
  }
  return findings;
}

/** The number of classes; infinite when only the files tell. */
function classCountOf(data: DataConfig): number {
  return data.dataset === 'idx' ? (data.classes ?? Infinity) : MNIST_CLASSES;
}

/** How many training images there are at most; infinite when only the files tell. */
function trainImagesOf(data: DataConfig): number {
  return Math.min(data.train.limit ?? Infinity, wholeTrainSizeOf(data));
}

function wholeTrainSizeOf(data: DataConfig): number {
  switch (data.dataset) {
    case 'digits':
      return data.trainSize;
    case 'mnist':
    case 'fashion-mnist':
      return MNIST_TRAIN_IMAGES;
    case 'idx':
      return Infinity;
  }
}

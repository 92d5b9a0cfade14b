import type { DataConfig } from '../experiment/schema';
import type { PublishedFile } from './download';

export type MnistConfig = Extract<DataConfig, { dataset: 'mnist' | 'fashion-mnist' }>;

/** The four files of a dataset in the form of MNIST. */
export const MNIST_PARTS = ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const;
export type MnistPart = (typeof MNIST_PARTS)[number];

export interface MnistFile extends PublishedFile {
  shape: readonly number[];
  /** sha256 of the unpacked file, where it is known: gzip headers differ from one packing to the next. */
  unpackedSha256: string | null;
}

/** What is published about MNIST, or a dataset in its form. */
export interface MnistFacts {
  dataset: MnistConfig['dataset'];
  title: string;
  /** Folders as URLs, tried in this order. */
  mirrors: readonly string[];
  files: Readonly<Record<MnistPart, MnistFile>>;
  classNames: readonly string[];
  /** Images of each class. */
  classCounts: { train: readonly number[]; test: readonly number[] };
}

function sha256(hex: string): PublishedFile['digest'] {
  return { algorithm: 'sha256', hex };
}

function md5(hex: string): PublishedFile['digest'] {
  return { algorithm: 'md5', hex };
}

/** LeCun, Cortes, Burges: the MNIST database of handwritten digits. */
export const MNIST: MnistFacts = {
  dataset: 'mnist',
  title: 'MNIST',
  mirrors: [
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
  ],
  files: {
    trainImages: {
      name: 'train-images-idx3-ubyte.gz',
      bytes: 9_912_422,
      digest: sha256('440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'),
      shape: [60_000, 28, 28],
      unpackedSha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    trainLabels: {
      name: 'train-labels-idx1-ubyte.gz',
      bytes: 28_881,
      digest: sha256('3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'),
      shape: [60_000],
      unpackedSha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
    testImages: {
      name: 't10k-images-idx3-ubyte.gz',
      bytes: 1_648_877,
      digest: sha256('8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'),
      shape: [10_000, 28, 28],
      unpackedSha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    testLabels: {
      name: 't10k-labels-idx1-ubyte.gz',
      bytes: 4542,
      digest: sha256('f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'),
      shape: [10_000],
      unpackedSha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  },
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  classCounts: {
    train: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    test: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
  },
};

/** Xiao, Rasul, Vollgraf 2017 (arXiv 1708.07747). Its authors publish MD5 digests of the packed files. */
export const FASHION_MNIST: MnistFacts = {
  dataset: 'fashion-mnist',
  title: 'Fashion-MNIST',
  mirrors: [
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  ],
  files: {
    trainImages: {
      name: 'train-images-idx3-ubyte.gz',
      bytes: 26_421_880,
      digest: md5('8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
      shape: [60_000, 28, 28],
      unpackedSha256: null,
    },
    trainLabels: {
      name: 'train-labels-idx1-ubyte.gz',
      bytes: 29_515,
      digest: md5('25c81989df183df01b3e8a0aad5dffbe'),
      shape: [60_000],
      unpackedSha256: null,
    },
    testImages: {
      name: 't10k-images-idx3-ubyte.gz',
      bytes: 4_422_102,
      digest: md5('bef4ecab320f06d8554ea6380940ec79'),
      shape: [10_000, 28, 28],
      unpackedSha256: null,
    },
    testLabels: {
      name: 't10k-labels-idx1-ubyte.gz',
      bytes: 5148,
      digest: md5('bb300cfdad3c16e7a12a480ee83cd310'),
      shape: [10_000],
      unpackedSha256: null,
    },
  },
  classNames: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  classCounts: {
    train: new Array<number>(10).fill(6000),
    test: new Array<number>(10).fill(1000),
  },
};

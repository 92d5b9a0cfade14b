/** A file of the example that a new project begins with. */
export interface TemplateFile {
  name: string;
  text: string;
}

/**
 * The example: a teacher, and a student that learns from it by soft targets and a hint. Small enough for minutes on a
 * laptop, on generated digits, so that nothing has to be downloaded.
 * @param base What the names of the files begin with, e.g. `digits`.
 */
export function exampleFiles(base: string): { teacher: TemplateFile; student: TemplateFile } {
  const teacher = `${base}-teacher.distill.yaml`;
  return {
    teacher: { name: teacher, text: teacherText },
    student: { name: `${base}-student.distill.yaml`, text: studentText(teacher) },
  };
}

const teacherText = `# The teacher: a wide convolutional net that learns from the labels, of images shifted by a pixel.
# Run it by itself, or run its student: that trains the teacher first.
data:
  dataset: digits # generated, no download
  trainSize: 1000
  augment: { shift: 1 }
student:
  model: zoo/conv-wide
  options: { width: 16 }
train:
  epochs: 15
  optimizer: { name: adam, lr: 0.003 }
  schedule: { name: cosine }
`;

function studentText(teacher: string): string {
  return `# The student: a thin net with a fifth of its teacher's parameters. It learns from the labels, from the softened
# output of the teacher (Hinton et al. 2015) and from one of its feature maps (FitNets, Romero et al. 2015): about 11 %
# test error. Without the parts teacher and distill it learns from the labels alone: about 14 %.
seed: 1 # same seed, same engine, same result
data:
  dataset: digits
  trainSize: 1000
teacher:
  experiment: ./${teacher} # its best checkpoint; trained first when there is none
student:
  model: zoo/conv-thin # or your own: ./models/student.ts#build
  options: { width: 12 }
distill:
  hard: { weight: 0.1 } # cross-entropy with the labels
  soft: { temperature: 8, weight: 1 } # match the teacher's probabilities at temperature 8
  hints: # a layer of the teacher guides a layer of the student
    - { teacher: block2/relu, student: block2/relu, adapter: conv1x1, weight: 0.1 }
train:
  epochs: 30
  batch: 64
  optimizer: { name: adam, lr: 0.004 }
  schedule: { name: cosine }
`;
}

/** The first of `base`, `base-2`, `base-3`, … of which no file is there yet. */
export function freeBaseName(base: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    const { teacher, student } = exampleFiles(name);
    if (!taken.has(teacher.name) && !taken.has(student.name)) return name;
  }
}

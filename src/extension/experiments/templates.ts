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

const teacherText = `# The teacher: a wide convolutional net, trained on the labels alone.
# Run it by itself, or run the student: it trains its teacher first.
data:
  dataset: digits # generated, no download
student:
  model: zoo/conv-wide
  options: { width: 16 }
train:
  epochs: 10
  optimizer: { name: adam, lr: 0.002 }
  schedule: { name: cosine }
`;

function studentText(teacher: string): string {
  return `# The student: a thin net that learns from the labels, from the softened output of its
# teacher (Hinton et al. 2015) and from one of its feature maps (FitNets, Romero et al. 2015).
seed: 1 # same seed, same engine, same result
data:
  dataset: digits
teacher:
  experiment: ./${teacher} # its best checkpoint; trained first when there is none
student:
  model: zoo/conv-thin # or your own: ./models/student.ts#build
distill: # without this part, the student learns from the labels alone
  hard: { weight: 0.1 } # cross-entropy with the labels
  soft: { temperature: 4, weight: 0.9 } # match the teacher's probabilities at temperature 4
  hints: # a layer of the teacher guides a layer of the student
    - { teacher: block2/relu, student: block2/relu, adapter: conv1x1, weight: 0.5 }
train:
  epochs: 15
  batch: 64
  optimizer: { name: adam, lr: 0.002 }
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

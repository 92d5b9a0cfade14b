import * as vscode from 'vscode';
import { datasetChoices, recipes, type IdxFiles, type RecipeName } from './pieces';
import {
  baseOf,
  experimentSuffix,
  freeBaseName,
  planFiles,
  refuseName,
  type ExperimentChoice,
  type StudentChoice,
  type TeacherChoice,
} from './plan';
import type { WorkspaceSearch } from './search';
import { askSteps, inputText, pickOption, type Option, type Outcome, type Step } from './steps';
import { sizeOfChoice, zooChoices, type DatasetName, type ZooChoice } from './zooChoices';

/** What the person wants: the ready example, or an experiment of their own under a name. */
export type Wanted = { kind: 'example' } | { kind: 'own'; choice: ExperimentChoice; base: string };

const title = 'New Experiment';

/** What was answered so far; going back keeps it. */
interface Answers {
  task: 'example' | 'classification';
  dataset: DatasetName;
  idx: IdxFiles | null;
  recipe: RecipeName;
  teacher: TeacherChoice | null;
  student: StudentChoice | null;
  base: string;
}

/** Asks what the new experiment is to be, one step at a time; undefined when the person left. */
export async function askExperiment(search: WorkspaceSearch): Promise<Wanted | undefined> {
  const answers: Answers = {
    task: 'classification',
    dataset: 'digits',
    idx: null,
    recipe: 'soft',
    teacher: null,
    student: null,
    base: '',
  };
  const ask = new Questions(answers, search);
  const answered = await askSteps(title, () => {
    if (answers.task === 'example') return [ask.task];
    const ownTeacher = answers.recipe === 'plain' ? [] : [ask.teacher];
    return [ask.task, ask.dataset, ask.recipe, ...ownTeacher, ask.student, ask.name];
  });
  if (!answered) return undefined;
  return answers.task === 'example'
    ? { kind: 'example' }
    : { kind: 'own', choice: choiceOf(answers), base: answers.base };
}

function choiceOf({ dataset, idx, recipe, teacher, student }: Answers): ExperimentChoice {
  if (student === null) throw new Error('No student was chosen.');
  return {
    dataset,
    ...(idx === null ? {} : { idx }),
    recipe,
    teacher: recipe === 'plain' ? null : teacher,
    student,
  };
}

type Row<T> = Option<T> | vscode.QuickPickItem;

/** The questions, each with its rows; an answer becomes the row that is active when one comes back. */
class Questions {
  constructor(
    private readonly answers: Answers,
    private readonly search: WorkspaceSearch,
  ) {}

  readonly task: Step = (position) =>
    this.keep(
      pickOption<Answers['task']>(
        position,
        'What is the model to learn?',
        [
          {
            label: '$(zap) An example that is ready to run',
            detail: 'A teacher and its student on generated digits: two files, minutes of training',
            value: 'example',
          },
          separator('an experiment of your own'),
          {
            label: 'Classification',
            detail: 'Which of several classes an image shows',
            value: 'classification',
          },
        ],
        ({ value }) => value === this.answers.task && position.step > 1,
      ),
      (task) => {
        this.answers.task = task;
      },
    );

  readonly dataset: Step = (position) =>
    this.keep(
      pickOption<DatasetName>(
        position,
        'From which images?',
        datasetChoices.map(({ name, label, detail }) => ({ label, detail, value: name })),
        ({ value }) => value === this.answers.dataset,
      ),
      async (dataset) => {
        if (dataset !== this.answers.dataset) this.answers.teacher = null;
        this.answers.dataset = dataset;
        this.answers.idx = dataset === 'idx' ? await this.search.findIdx() : null;
      },
    );

  readonly recipe: Step = (position) =>
    this.keep(
      pickOption<RecipeName>(
        position,
        'How is the student to learn?',
        recipes.map(({ name, label, detail }) => ({ label, detail, value: name })),
        ({ value }) => value === this.answers.recipe,
      ),
      (recipe) => {
        this.answers.recipe = recipe;
      },
    );

  readonly teacher: Step = (position) =>
    this.keep(
      pickOption<TeacherChoice>(position, 'Who teaches?', this.teacherRows(), ({ value }) =>
        isSame(value, this.answers.teacher),
      ),
      (teacher) => {
        this.answers.teacher = teacher;
      },
    );

  readonly student: Step = (position) => {
    const isPlain = this.answers.recipe === 'plain';
    return this.keep(
      pickOption<StudentChoice>(
        position,
        isPlain ? 'Which model learns?' : 'Who learns?',
        this.studentRows(isPlain ? 'teacher' : 'student'),
        ({ value }) => isSame(value, this.answers.student),
      ),
      (student) => {
        this.answers.student = student;
      },
    );
  };

  readonly name: Step = (position) => {
    const { answers, search } = this;
    const taken = search.takenNames();
    const filesOf = (base: string): string[] => planFiles(choiceOf(answers), base).map(({ name }) => name);
    return this.keep(
      inputText(
        position,
        `Name of the experiment, a file NAME${experimentSuffix} in ${search.folder.name}; it may have a folder`,
        freeBaseName(`${answers.dataset}-${answers.recipe}`, filesOf, taken),
        (text) => refuseName(text, filesOf, taken),
      ),
      (base) => {
        answers.base = baseOf(base);
      },
    );
  };

  private async keep<T>(
    asked: Promise<{ value: T } | 'back' | undefined>,
    save: (value: T) => void | Promise<void>,
  ): Promise<Outcome> {
    const answer = await asked;
    if (answer === undefined) return 'cancel';
    if (answer === 'back') return 'back';
    await save(answer.value);
    return 'next';
  }

  private async teacherRows(): Promise<Row<TeacherChoice>[]> {
    const { dataset } = this.answers;
    const [experiments, models] = await Promise.all([
      this.search.findExperiments(),
      this.search.findModels(),
    ]);
    // A teacher of other images would see what it never learnt.
    const fitting = experiments.filter((each) => each.dataset === dataset);
    fitting.sort((a, b) => Number(a.isDistilled) - Number(b.isDistilled));
    return [
      ...section(
        'experiments of this folder',
        fitting.map(({ file, model, layers, isDistilled }) => ({
          label: `$(beaker) ${file}`,
          description: isDistilled ? `${model}, distilled` : model,
          value: { kind: 'experiment' as const, file, layers },
        })),
      ),
      ...section(
        'a new teacher from the zoo',
        zooRows('teacher', dataset).map((row) => ({
          ...row,
          value: { kind: 'zoo' as const, choice: row.value },
        })),
      ),
      ...section(
        'a new teacher from a model of this folder',
        models.map((model) => ({ ...modelRow(model), value: { kind: 'model' as const, ...model } })),
      ),
    ];
  }

  private async studentRows(role: ZooChoice['role']): Promise<Row<StudentChoice>[]> {
    const [models, starter] = await Promise.all([this.search.findModels(), this.search.freeModel()]);
    return [
      ...section(
        'from the zoo',
        zooRows(role, this.answers.dataset).map((row) => ({
          ...row,
          value: { kind: 'zoo' as const, choice: row.value },
        })),
      ),
      ...section<StudentChoice>('your own', [
        {
          label: '$(new-file) A model of my own',
          detail: `Writes ${starter.file}, small and commented, to begin with`,
          value: { kind: 'starter' as const, ...starter },
        },
        ...models.map((model) => ({ ...modelRow(model), value: { kind: 'model' as const, ...model } })),
      ]),
    ];
  }
}

function zooRows(role: ZooChoice['role'], dataset: DatasetName): Option<ZooChoice>[] {
  const first = zooChoices.filter((choice) => choice.role === role);
  const others = zooChoices.filter((choice) => choice.role !== role);
  return [...first, ...others].map((choice) => ({
    label: choice.model,
    description: [choice.options ?? '', sizeOfChoice(choice, dataset)]
      .filter((part) => part !== '')
      .join('  '),
    detail: choice.description,
    value: choice,
  }));
}

function modelRow({ file, export: name }: { file: string; export: string }): vscode.QuickPickItem {
  return { label: `$(symbol-function) ${name}`, description: file };
}

function section<T>(label: string, rows: Option<T>[]): Row<T>[] {
  return rows.length === 0 ? [] : [separator(label), ...rows];
}

function separator(label: string): vscode.QuickPickItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function isSame(a: object, b: object | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

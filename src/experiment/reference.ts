import { itemOf, propertiesOf, tagOf, variantsOf, type LanguageNode } from './language';
import { labelOfVariant } from './messages';

/** Larger limits than this only keep numbers sane; the reference does not bother people with them. */
const TELLING_LIMIT = 100_000;

/** The worked example of the reference; a test holds that it is right. */
export const WORKED_EXAMPLE = `# mnist-fitnet.distill.yaml
name: mnist-fitnet
seed: 7
data:
  dataset: mnist
  augment: { shift: 2 }
teacher: { experiment: ./teacher.distill.yaml } # its best checkpoint; trained first when there is none
student: { model: ./models/student.ts#student } # or a built-in model: zoo/conv-thin
distill:
  hard: { weight: 0.1 } # the labels
  soft: { temperature: 4, weight: 0.9 } # the softened output of the teacher
  hints: # feature maps: a layer of the teacher guides a layer of the student
    - { teacher: block2/relu, student: block2/relu, adapter: conv1x1, weight: 0.5 }
train:
  stages:
    - { only: hints, epochs: 5 }
    - { epochs: 20 }
  batch: 128
  optimizer: { name: sgd, lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 5.0e-4 }
  schedule: { name: cosine, warmup: 1 }
`;

const INTRODUCTION = `# The experiment file

<!-- Generated from src/experiment by \`npm run schema\`; edit the descriptions in src/experiment/schema.ts. -->

An experiment is a YAML file whose name ends in \`.distill.yaml\`. It says which data, which teacher, which student, what
the student learns from and for how long. \`distillery check FILE\` finds its mistakes without running it; the editor
shows them while you type.

\`\`\`yaml
${WORKED_EXAMPLE}\`\`\`

- **What is learnt.** Without \`distill\` the student learns from the labels alone. With it, exactly the terms that are
  written count: \`distill: { soft: {} }\` learns from soft targets and no labels. The loss is the sum of
  \`hard.weight\` × cross-entropy, \`soft.weight\` × T² × divergence, and \`weight\` × distance of each hint.
- **Stages.** Each stage begins with a fresh optimizer and its own schedule. A stage without \`only\` learns from all terms.
- **The student alone.** What a distilled student is measured against is the same student trained on the labels of the
  same images, with the same seed, for the sum of all epochs in one stage, with the optimizer and schedule of the last
  stage that trains the whole student. Write it as an experiment of its own, without \`teacher\` and \`distill\`.
- **Files** are named relative to the experiment file, with \`/\` on every system.
- **YAML** is version 1.2: \`yes\` and \`no\` are text, \`true\` and \`false\` are not. Anchors (\`&a\`, \`*a\`) and merge keys
  (\`<<: *a\`) work. A key that is not known is an error, never ignored.
`;

/** The reference of the experiment language as Markdown: every key with its type, default and meaning. */
export function experimentReference(language: LanguageNode): string {
  const described = new Map<string, string>();
  return [INTRODUCTION, ...sectionsOf(language, '', described)].join('\n');
}

/**
 * The section of a part and those of the parts in it.
 *
 * @param described parts that have a section already, by their shape; a part of the same shape refers to it.
 */
function sectionsOf(node: LanguageNode, path: string, described: Map<string, string>): string[] {
  const mappings = formsOf(node).filter((form) => form.type === 'object' && form.properties !== undefined);
  if (mappings.length === 0) return [];
  described.set(shapeOf(node), path);
  const shared = mappings.length === 1 ? [] : sharedKeysOf(mappings);
  const heading = path === '' ? '## The top level' : `## \`${path}\``;
  const lines = [heading, '', itemOf(node)?.description ?? node.description ?? '', ''];
  const nested: string[] = [];
  const list = (form: LanguageNode, keys: readonly string[]): void => {
    for (const [key, property] of propertiesOf(form).filter(([name]) => keys.includes(name))) {
      const isNew = !described.has(shapeOf(property));
      const inner = path === '' ? key : `${path}.${key}`;
      if (isNew) nested.push(...sectionsOf(property, isList(property) ? `${inner}[]` : inner, described));
      lines.push(lineOf(form, key, property, described));
    }
  };
  for (const form of mappings) {
    const keys = propertiesOf(form).map(([key]) => key);
    if (mappings.length > 1) lines.push(`### With ${labelOfVariant(form)}`, '', form.description ?? '', '');
    list(
      form,
      keys.filter((key) => !shared.includes(key)),
    );
    lines.push('');
  }
  if (shared.length > 0) {
    lines.push('### In every form', '');
    list(mappings[0]!, shared);
    lines.push('');
  }
  return [...lines, ...nested];
}

/** One key: its name, type, default, meaning, and where its own keys are described. */
function lineOf(
  form: LanguageNode,
  key: string,
  property: LanguageNode,
  described: ReadonlyMap<string, string>,
): string {
  const isRequired = form.required?.includes(key) === true;
  const isTag = tagOf(form)?.[0] === key;
  const rest = isTag || isRequired ? 'required' : 'optional';
  const standard = property.default === undefined ? rest : `default \`${inline(property.default)}\``;
  const home = described.get(shapeOf(property));
  const reference = home === undefined ? '' : ` Keys: [\`${home}\`](#${anchorOf(home)}).`;
  return `- **\`${key}\`** · ${typeOf(property)} · ${standard}<br>${property.description ?? ''}${reference}`;
}

/** What may stand at a node, in a few words: `` whole number ≥ 1 ``, `` `kl`, `cross-entropy` ``, `mapping`. */
export function typeOf(node: LanguageNode): string {
  return [...new Set(variantsOf(node).map(typeOfForm))].join(' or ');
}

function typeOfForm(form: LanguageNode): string {
  if (form.const !== undefined) return `\`${String(form.const)}\``;
  if (form.enum !== undefined) return form.enum.map((word) => `\`${String(word)}\``).join(', ');
  const item = itemOf(form);
  if (item !== null) return `list of ${typeOf(item)}`;
  if (form.type === 'integer') return `whole number${limitsOf(form)}`;
  if (form.type === 'boolean') return '`true`, `false`';
  if (form.type === 'object') return 'mapping';
  return form.type === 'string' ? 'text' : `number${limitsOf(form)}`;
}

function limitsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: LanguageNode): string {
  const limits = [
    typeof exclusiveMinimum === 'number' ? `> ${exclusiveMinimum}` : '',
    minimum === undefined ? '' : `≥ ${minimum}`,
    typeof exclusiveMaximum === 'number' ? `< ${exclusiveMaximum}` : '',
    maximum === undefined || maximum > TELLING_LIMIT ? '' : `≤ ${maximum}`,
  ].filter((limit) => limit !== '');
  return limits.length === 0 ? '' : ` ${limits.join(', ')}`;
}

/** The forms of a part, or of the items of a list. */
function formsOf(node: LanguageNode): LanguageNode[] {
  const forms = variantsOf(node).flatMap((form) => {
    const item = itemOf(form);
    return item === null ? [form] : variantsOf(item);
  });
  return [...new Map(forms.map((form) => [JSON.stringify(form), form])).values()];
}

function sharedKeysOf(forms: readonly LanguageNode[]): string[] {
  const [first, ...others] = forms.map((form) => new Map(propertiesOf(form)));
  return [...first!].flatMap(([key, property]) => {
    const isShared = others.every((other) => JSON.stringify(other.get(key)) === JSON.stringify(property));
    return isShared ? key : [];
  });
}

/** What makes two parts the same part in two places: what they hold, whatever is said of them there. */
function shapeOf({ properties, items, oneOf, anyOf }: LanguageNode): string {
  return JSON.stringify({ properties, items, oneOf, anyOf });
}

function isList(node: LanguageNode): boolean {
  return node.type === 'array';
}

function inline(value: unknown): string {
  return JSON.stringify(value).replaceAll('"', '').replaceAll(':', ': ').replaceAll(/[{}]/g, ' $& ').trim();
}

/** The anchor that GitHub gives to a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
}

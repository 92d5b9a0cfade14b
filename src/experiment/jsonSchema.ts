import { toJSONSchema } from 'zod';
import { branchesOf, itemOf, propertiesOf, type LanguageNode } from './language';
import { experimentSchema } from './schema';

/** What an editor can insert for a whole part, by the path of the part. */
const SNIPPETS: Readonly<Record<string, { label: string; body: unknown }[]>> = {
  data: [
    { label: 'digits', body: { dataset: 'digits' } },
    { label: 'mnist', body: { dataset: 'mnist' } },
    {
      label: 'idx',
      body: {
        dataset: 'idx',
        files: {
          train: { images: '${1:train-images}', labels: '${2:train-labels}' },
          test: { images: '${3:test-images}', labels: '${4:test-labels}' },
        },
      },
    },
  ],
  teacher: [
    { label: 'another experiment', body: { experiment: './${1:teacher}.distill.yaml' } },
    {
      label: 'a model with weights',
      body: { model: '${1:./models/teacher.ts#teacher}', weights: './${2:teacher}.safetensors' },
    },
    {
      label: 'an ensemble',
      body: [{ experiment: './${1:first}.distill.yaml' }, { experiment: './${2:second}.distill.yaml' }],
    },
  ],
  distill: [
    {
      label: 'soft targets (Hinton et al. 2015)',
      body: { hard: { weight: 0.1 }, soft: { temperature: 4, weight: 0.9 } },
    },
    {
      label: 'hints (FitNets)',
      body: {
        hard: { weight: 0.1 },
        soft: { temperature: 4, weight: 0.9 },
        hints: [{ teacher: '${1:layer}', student: '${2:layer}' }],
      },
    },
  ],
  'train.stages': [
    {
      label: 'hints first, then everything',
      body: [{ only: 'hints', epochs: '^${1:5}' }, { epochs: '^${2:20}' }],
    },
  ],
};

/**
 * The JSON schema (draft-07) of an experiment file as it may be written, for editors: descriptions also as Markdown,
 * snippets for the parts that people write most.
 */
export function experimentJsonSchema(): LanguageNode {
  const schema = toJSONSchema(experimentSchema, { target: 'draft-7', io: 'input' });
  tidy(schema, []);
  // It held the recursive "any JSON value" of the free options, which are simply free now.
  delete schema['definitions'];
  return { ...schema, title: 'Distillery experiment' };
}

/** Rewrites a node and all below it so that what editors show is what the language says, and no more. */
function tidy(node: LanguageNode, path: readonly string[]): void {
  if (node.description !== undefined) node['markdownDescription'] = node.description;
  // `default: {}` of a part only says that its keys have defaults, which they say themselves.
  if (JSON.stringify(node.default) === '{}') delete node.default;
  if (node.propertyNames !== undefined) {
    delete node.propertyNames;
    node.additionalProperties = true;
  }
  const snippets = SNIPPETS[path.join('.')];
  if (snippets !== undefined) node['defaultSnippets'] = snippets;
  for (const [key, property] of propertiesOf(node)) tidy(property, [...path, key]);
  for (const branch of branchesOf(node)) tidy(branch, [...path, '*']);
  const item = itemOf(node);
  if (item !== null) tidy(item, [...path, '*']);
}

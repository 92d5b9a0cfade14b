import { loadModel } from './load';
import type { ModelContext } from './model';
import { OpenedLayers, showSizes } from './openedLayers';
import type { OpenedModel, OpenOptions } from './opened';
import { tableOf } from './tableOf';
import type { UnreadOption } from './watchedOptions';
import { loadWeightsInto } from './weights';

/** For what a model is built where nobody says what its data is like. */
const usual: ModelContext = { inputShape: [32, 32, 3], classes: 10, options: {} };

/**
 * Opens `zoo/NAME`, or a model that TypeScript or JavaScript code builds, with the weights of `options.weights`. Without
 * a context it is built for 32×32×3 images of 10 classes, and need not be a classifier.
 *
 * @throws ModelError as `loadModel` and `loadWeightsInto`.
 */
export async function openCode(reference: string, options: OpenOptions): Promise<OpenedModel> {
  const { baseDirectory, context, classifier = context !== null, weights, random } = options;
  const { model, label, definition, files, unreadOptions } = await loadModel(reference, context ?? usual, {
    baseDirectory,
    lenient: !classifier,
    ...(random && { random }),
  });
  if (weights !== null) await loadWeightsInto(model, weights);
  const table = tableOf(model, label, {
    definition,
    files: weights === null ? files : [...files, weights],
    notes: [...(context === null ? [usualNote()] : []), ...unreadOptions.map(unreadNote)],
  });
  return new OpenedLayers(table, model);
}

function usualNote(): string {
  return `Built for images of ${showSizes(usual.inputShape)} and ${usual.classes} classes, as nothing else was said.`;
}

function unreadNote({ path }: UnreadOption): string {
  return `The code of the model never reads the option \`${path.join('.')}\`.`;
}

import { CommandError } from './exit';

/**
 * Makes sure that an engine that is asked for by its name is there, before a run is made for it.
 *
 * @param workspace folder in which tfjs-node is looked for.
 * @throws CommandError that says what to do.
 */
export async function requireEngine(name: string, workspace: string): Promise<void> {
  // What works here is taken.
  if (name === 'auto') return;
  // Loads TensorFlow.js.
  const { describeEngines } = await import('../engine/select');
  const engine = (await describeEngines({ workspace })).find((each) => each.name === name);
  if (engine?.available !== false) return;
  throw new CommandError(
    `The engine ${name} is not here. ${engine.reason}\nOr take another one: distillery engines lists them.`,
  );
}

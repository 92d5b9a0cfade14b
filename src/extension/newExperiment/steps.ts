import * as vscode from 'vscode';

/** What came of a step: on, back to the one before, or nothing any more. */
export type Outcome = 'next' | 'back' | 'cancel';

/** Where a step stands among all of them, for its title. */
export interface Position {
  title: string;
  step: number;
  totalSteps: number;
}

/** A step asks one thing and keeps the answer. */
export type Step = (position: Position) => Promise<Outcome>;

/** A row of a step. */
export interface Option<T> extends vscode.QuickPickItem {
  value: T;
}

/**
 * Asks one step after the other; the button in the title goes back.
 * @param stepsNow The steps as the answers so far ask for: asked for anew after each.
 * @returns Whether all of them were answered.
 */
export async function askSteps(title: string, stepsNow: () => readonly Step[]): Promise<boolean> {
  let index = 0;
  for (;;) {
    const steps = stepsNow();
    const step = steps[index];
    if (step === undefined) return true;
    const outcome = await step({ title, step: index + 1, totalSteps: steps.length });
    if (outcome === 'cancel') return false;
    index += outcome === 'next' ? 1 : -1;
  }
}

/** Lets the person choose one of several; rows that have to be looked for first may come later. */
export async function pickOption<T>(
  position: Position,
  question: string,
  rows:
    readonly (Option<T> | vscode.QuickPickItem)[] | Promise<readonly (Option<T> | vscode.QuickPickItem)[]>,
  chosen: (row: Option<T>) => boolean,
): Promise<Option<T> | 'back' | undefined> {
  const pick = vscode.window.createQuickPick<Option<T> | vscode.QuickPickItem>();
  describe(pick, position);
  pick.placeholder = question;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  const show = (items: readonly (Option<T> | vscode.QuickPickItem)[]): void => {
    pick.items = items;
    const active = items.find((item): item is Option<T> => isOption(item) && chosen(item));
    if (active !== undefined) pick.activeItems = [active];
  };
  if (rows instanceof Promise) pick.busy = true;
  else show(rows);
  return shown(pick, async (finish) => {
    pick.onDidAccept(() => {
      const [row] = pick.selectedItems;
      if (row !== undefined && isOption(row)) finish(row);
    });
    if (rows instanceof Promise) {
      show(await rows);
      pick.busy = false;
    }
  });
}

/** Asks for a text. */
export async function inputText(
  position: Position,
  question: string,
  value: string,
  refuse: (value: string) => string | undefined,
): Promise<{ value: string } | 'back' | undefined> {
  const input = vscode.window.createInputBox();
  describe(input, position);
  input.prompt = question;
  input.value = value;
  input.validationMessage = refuse(value);
  return shown(input, (finish) => {
    input.onDidChangeValue((text) => {
      input.validationMessage = refuse(text);
    });
    input.onDidAccept(() => {
      if (refuse(input.value) === undefined) finish({ value: input.value });
    });
    return Promise.resolve();
  });
}

function isOption<T>(item: Option<T> | vscode.QuickPickItem): item is Option<T> {
  return 'value' in item;
}

function describe(input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox, position: Position): void {
  const { title, step, totalSteps } = position;
  Object.assign(input, { title, step, totalSteps });
  input.ignoreFocusOut = true;
  if (step > 1) input.buttons = [vscode.QuickInputButtons.Back];
}

/** Shows an input until it is answered, left, or asked to go back. */
async function shown<Answer>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  listen: (finish: (answer: Answer) => void) => Promise<void>,
): Promise<Answer | 'back' | undefined> {
  try {
    return await new Promise<Answer | 'back' | undefined>((resolve, reject) => {
      input.onDidHide(() => {
        resolve(undefined);
      });
      input.onDidTriggerButton(() => {
        resolve('back');
      });
      input.show();
      listen(resolve).catch(reject);
    });
  } finally {
    input.dispose();
  }
}

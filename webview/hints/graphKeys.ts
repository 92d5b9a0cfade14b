import type { PlacedNode, Side } from './arrange';
import { walked } from './walk';

/** What a person can do in the picture. */
export interface GraphActions {
  choose(side: Side, index: number): void;
  toggle(side: Side, index: number): void;
  showSource(side: Side, index: number): void;
  selectHint(index: number): void;
  /** Takes back the last choice. */
  stepBack(): void;
  clear(): void;
  /** Removes the selected hint, or the hint of the node. */
  remove(side: Side, index: number): void;
  search(): void;
}

interface KeyedActions extends GraphActions {
  side: Side;
  walk(index: number): void;
  zoomIn(): void;
  zoomOut(): void;
  fit(): void;
}

/**
 * Does what a key means in the picture: arrows, Home, End and the page keys walk; Enter or Space chooses; E takes a
 * chain apart; G or F12 goes to the source; Delete removes a hint; Escape takes back; `/` searches; plus, minus and 0
 * zoom.
 *
 * @returns whether the key meant something.
 */
export function graphKey(
  { key, ctrlKey, altKey, metaKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>,
  nodes: readonly PlacedNode[],
  active: number,
  actions: KeyedActions,
): boolean {
  if (ctrlKey || altKey || metaKey) return false;
  const { side } = actions;
  const target = walked(nodes, active, key);
  if (target !== null) {
    actions.walk(target);
    return true;
  }
  const meanings: Readonly<Record<string, () => void>> = {
    Enter: () => {
      actions.choose(side, active);
    },
    ' ': () => {
      actions.choose(side, active);
    },
    e: () => {
      actions.toggle(side, active);
    },
    g: () => {
      actions.showSource(side, active);
    },
    F12: () => {
      actions.showSource(side, active);
    },
    Delete: () => {
      actions.remove(side, active);
    },
    Backspace: () => {
      actions.remove(side, active);
    },
    Escape: () => {
      actions.stepBack();
    },
    '/': () => {
      actions.search();
    },
    '+': () => {
      actions.zoomIn();
    },
    '=': () => {
      actions.zoomIn();
    },
    '-': () => {
      actions.zoomOut();
    },
    '0': () => {
      actions.fit();
    },
  };
  const meaning = meanings[key] ?? (key.length === 1 ? meanings[key.toLowerCase()] : undefined);
  meaning?.();
  return meaning !== undefined || key.startsWith('Arrow');
}

/** A group of editors, as far as it matters where a text is shown. */
export interface EditorGroup<Column = number> {
  column: Column;
  /** What its visible tab shows: the address of a text, `webview` for panels, null for anything else. */
  shown: string | null;
  /** Addresses of all its texts. */
  texts: readonly string[];
  isEmpty: boolean;
}

/**
 * The column in which a text is shown: where it is seen already, else where it is open, else where people read texts;
 * null for a new column beside. A column that shows a panel is never covered, unless the text is open in it and nowhere
 * else.
 *
 * @param avoid The column of the panel that asks.
 */
export function columnForText<Column>(
  groups: readonly EditorGroup<Column>[],
  text: string,
  avoid: Column | undefined,
): Column | null {
  const covers = ({ column, shown }: EditorGroup<Column>): boolean => column === avoid || shown === 'webview';
  const candidates = [
    groups.find(({ shown }) => shown === text),
    groups.find((group) => group.texts.includes(text) && !covers(group)),
    groups.find((group) => !covers(group) && (group.isEmpty || group.texts.length > 0)),
  ];
  return candidates.find((group) => group !== undefined)?.column ?? null;
}

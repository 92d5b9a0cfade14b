/** An edit of a text: the lines and columns that are replaced (1-based, the end exclusive), and how many lines come. */
export interface PlaceEdit {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  insertedLines: number;
}

/** The line of a place after an edit; null when the edit replaced it. */
export function carryLine(
  { line, column }: { line: number; column: number },
  edit: PlaceEdit,
): number | null {
  const isBefore = line < edit.line || (line === edit.line && column < edit.column);
  if (isBefore) return line;
  const isBehind = line > edit.endLine || (line === edit.endLine && column >= edit.endColumn);
  return isBehind ? line + edit.insertedLines - (edit.endLine - edit.line) : null;
}

/**
 * The edits of files since their models were built. A layer table knows the files as they were saved when it was made;
 * what was typed since moves its lines.
 */
export class EditHistory {
  private readonly edits = new Map<string, PlaceEdit[]>();
  /** How many of the edits of a file are on the disk. */
  private readonly saved = new Map<string, number>();
  /** How many edits of which file a table knows. */
  private readonly known = new WeakMap<object, ReadonlyMap<string, number>>();

  /** Takes an edit in. Those that move no line are passed over. */
  edit(file: string, edit: PlaceEdit): void {
    if (edit.insertedLines === 0 && edit.endLine === edit.line) return;
    const edits = this.edits.get(file) ?? [];
    this.edits.set(file, [...edits, edit]);
  }

  save(file: string): void {
    this.saved.set(file, this.edits.get(file)?.length ?? 0);
  }

  /** The file is as it is on the disk, e.g. because it was closed without being saved. */
  revert(file: string): void {
    const edits = this.edits.get(file);
    if (edits !== undefined) this.edits.set(file, edits.slice(0, this.saved.get(file) ?? 0));
  }

  /** A table has come, made of the files as they are on the disk. One that was met before stays as it is. */
  meet(table: object): void {
    if (!this.known.has(table)) this.known.set(table, new Map(this.saved));
  }

  /** Where a place of a table is by now; null when it was replaced. */
  carry(table: object, file: string, place: { line: number; column: number }): number | null {
    const edits = this.edits.get(file) ?? [];
    let { line } = place;
    for (const edit of edits.slice(this.known.get(table)?.get(file) ?? 0)) {
      const moved = carryLine({ line, column: place.column }, edit);
      if (moved === null) return null;
      line = moved;
    }
    return line;
  }
}

import { describe, expect, it } from 'vitest';
import { columnForText, type EditorGroup } from './columns';

function group(column: number, shown: string | null, texts: readonly string[] = []): EditorGroup {
  const all = shown === null || shown === 'webview' || texts.includes(shown) ? texts : [...texts, shown];
  return { column, shown, texts: all, isEmpty: shown === null && texts.length === 0 };
}

const picker = group(2, 'webview');

describe('columnForText', () => {
  it('takes the column in which the text is seen already', () => {
    expect(columnForText([group(1, 'a', ['model']), picker, group(3, 'model')], 'model', 2)).toBe(3);
  });

  it('takes the column in which it is open, behind another text', () => {
    expect(columnForText([group(1, 'a'), picker, group(3, 'b', ['model'])], 'model', 2)).toBe(3);
  });

  it('takes a column of texts for one that is not open', () => {
    expect(columnForText([picker, group(3, 'a')], 'model', 2)).toBe(3);
    expect(columnForText([group(1, null), picker], 'model', 2)).toBe(1);
  });

  it('covers no panel, neither its own nor another', () => {
    expect(columnForText([group(1, 'webview', ['model']), picker], 'model', 2)).toBeNull();
    expect(columnForText([group(1, 'webview', ['model']), picker, group(3, 'a')], 'model', 2)).toBe(3);
    expect(columnForText([picker], 'model', 2)).toBeNull();
  });
});

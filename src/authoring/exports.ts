/** Something that a file of code exports. */
export interface CodeExport {
  name: string;
  kind: 'function' | 'class' | 'constant' | 'name';
  /** Offset of its name. */
  offset: number;
}

const DECLARED =
  /^[ \t]*export\s+(?:declare\s+)?(?:(async\s+function\s*\*?|function\s*\*?)|((?:abstract\s+)?class)|(const|let|var))\s+([A-Za-z_$][\w$]*)/gm;
const DEFAULT = /^[ \t]*export\s+default\b/m;
const LISTED = /^[ \t]*export\s*\{([^}]*)\}/gm;
const COMMENT = /\/\*[^]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g;

/** What a TypeScript or JavaScript file exports, found without running it; types are left out. */
export function exportsOf(text: string): CodeExport[] {
  // What is commented out is blanked, so that offsets stay.
  const code = text.replaceAll(COMMENT, (comment) => comment.replaceAll(/[^\n]/g, ' '));
  const found: CodeExport[] = [];
  for (const match of code.matchAll(DECLARED)) {
    const [whole, isFunction, isClass, , name = ''] = match;
    const kind = isFunction !== undefined ? 'function' : isClass !== undefined ? 'class' : 'constant';
    found.push({ name, kind, offset: match.index + whole.length - name.length });
  }
  for (const match of code.matchAll(LISTED)) {
    const list = match[1] ?? '';
    for (const part of list.matchAll(/(?:^|,)\s*(?!type\s)(?:[\w$]+\s+as\s+)?([\w$]+)/g)) {
      const name = part[1] ?? '';
      const offset = match.index + match[0].indexOf('{') + 1 + part.index + part[0].length - name.length;
      found.push({ name, kind: 'name', offset });
    }
  }
  const byDefault = DEFAULT.exec(code);
  if (byDefault !== null) {
    const offset = byDefault.index + byDefault[0].length - 'default'.length;
    found.push({ name: 'default', kind: 'name', offset });
  }
  return [...new Map(found.map((each) => [each.name, each])).values()].sort((a, b) => a.offset - b.offset);
}

import { prefersReducedMotion } from '../shared/themeChanges';

/** The colours and the font of the editor, as CSS values that a canvas understands. */
export interface Theme {
  foreground: string;
  muted: string;
  background: string;
  /** Of nodes. */
  surface: string;
  border: string;
  focus: string;
  chosen: string;
  chosenText: string;
  /** Of hints and their texts. */
  link: string;
  candidate: string;
  match: string;
  fontFamily: string;
  highContrast: boolean;
  reducedMotion: boolean;
  /** The colour of a stage, `count` of them from the largest maps to the smallest. */
  stage: (index: number, count: number) => string;
}

/** Reads the theme from the CSS variables that VS Code sets on the document. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  const foreground = read('--vscode-editor-foreground', 'CanvasText');
  const background = read('--vscode-editor-background', 'Canvas');
  const highContrast = document.body.classList.contains('vscode-high-contrast');
  const contrastBorder = read('--vscode-contrastBorder', foreground);
  const blue = read('--vscode-charts-blue', foreground);
  const yellow = read('--vscode-charts-yellow', foreground);
  const stages = new Map<string, string>();
  return {
    foreground,
    muted: read('--vscode-descriptionForeground', foreground),
    background,
    surface: highContrast ? background : `color-mix(in srgb, ${foreground} 5%, ${background})`,
    border: highContrast ? contrastBorder : `color-mix(in srgb, ${foreground} 22%, ${background})`,
    focus: read('--vscode-focusBorder', foreground),
    chosen: read('--vscode-button-background', blue),
    chosenText: read('--vscode-button-foreground', background),
    link: read('--vscode-charts-purple', foreground),
    candidate: read('--vscode-charts-green', foreground),
    match: yellow,
    fontFamily: read('--vscode-font-family', 'sans-serif'),
    highContrast,
    reducedMotion: prefersReducedMotion(),
    stage: (index, count) => {
      const key = `${index}/${count}`;
      const known = stages.get(key);
      if (known !== undefined) return known;
      const share = count < 2 ? 100 : Math.round(100 - (100 * index) / (count - 1));
      const mixed = `color-mix(in oklch, ${blue} ${share}%, ${yellow})`;
      stages.set(key, mixed);
      return mixed;
    },
  };
}

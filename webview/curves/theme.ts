import { prefersReducedMotion } from '../shared/themeChanges';
import { HUES } from './palette';

/** The colours and the font of the editor, as CSS values that a canvas understands. */
export interface Theme {
  /** The hues of the runs, `HUES` of them. */
  hues: readonly string[];
  foreground: string;
  muted: string;
  background: string;
  fontFamily: string;
  /** A high-contrast theme: lines are thicker, and nothing important is faint. */
  highContrast: boolean;
  /** Nothing may turn or slide. */
  reducedMotion: boolean;
}

/** Reads the theme from the CSS variables that VS Code sets on the document. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  const foreground = read('--vscode-editor-foreground', 'CanvasText');
  return {
    hues: Array.from({ length: HUES }, (_, hue) => read(`--run-hue-${hue}`, foreground)),
    foreground,
    muted: read('--vscode-descriptionForeground', foreground),
    background: read('--vscode-editor-background', 'Canvas'),
    fontFamily: read('--vscode-font-family', 'sans-serif'),
    highContrast: document.body.classList.contains('vscode-high-contrast'),
    reducedMotion: prefersReducedMotion(),
  };
}

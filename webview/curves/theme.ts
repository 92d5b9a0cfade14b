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
    reducedMotion:
      document.body.classList.contains('vscode-reduce-motion') ||
      matchMedia('(prefers-reduced-motion: reduce)').matches,
  };
}

/** Calls back after the theme changed: a canvas keeps its colours until it is drawn again. */
export function watchTheme(changed: () => void): MutationObserver {
  let waiting = false;
  const observer = new MutationObserver(() => {
    // VS Code replaces hundreds of variables and then the class of the body: one call for all of them.
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      changed();
    });
  });
  observer.observe(document.documentElement, { attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributeFilter: ['class'] });
  return observer;
}

/** A colour mixed with nothing: `share` percent of it are left. */
export function faded(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${share}%, transparent)`;
}

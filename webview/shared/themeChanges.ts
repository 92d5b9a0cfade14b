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

/** Whether nothing may turn or slide. */
export function prefersReducedMotion(): boolean {
  return (
    document.body.classList.contains('vscode-reduce-motion') ||
    matchMedia('(prefers-reduced-motion: reduce)').matches
  );
}

import { layoutGraph, type LayoutGraph } from './layout';

/*
 * The worker: it is given graphs and answers with their layouts. Built into the script of the page as text, because a
 * webview may start workers only from what it holds itself.
 */
self.addEventListener('message', ({ data }: MessageEvent<LayoutGraph[]>) => {
  self.postMessage(data.map(layoutGraph));
});

/** Which part of the picture is seen: its point at the upper left corner, and how many pixels one of its own is. */
export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const SMALLEST = 0.02;
const LARGEST = 2.5;
const MARGIN = 28;
/** The names of the models stand above the picture. */
const HEAD = 44;
/** Texts of nodes can be read well from here on, and just so from there on. */
const READABLE = 0.62;
const SECOND_LINES = 0.5;

/** The camera that sees all of a picture. */
export function fitted(scene: Size, view: Size): Camera {
  const zoom = clampZoom(
    Math.min(
      (view.width - 2 * MARGIN) / Math.max(1, scene.width),
      (view.height - MARGIN - HEAD) / Math.max(1, scene.height),
      1.1,
    ),
  );
  return {
    x: scene.width / 2 - view.width / 2 / zoom,
    y: scene.height / 2 - (view.height / 2 + (HEAD - MARGIN) / 2) / zoom,
    zoom,
  };
}

/**
 * What is seen first: everything where its texts can be read then, else the upper part of it, as large as its nodes fit
 * side by side.
 */
export function opening(scene: Size, nodes: readonly Box[], view: Size): Camera {
  const whole = fitted(scene, view);
  if (whole.zoom >= READABLE || nodes.length === 0) return whole;
  const seen = nodes.filter(({ top }) => top < view.height / READABLE);
  const left = Math.min(...seen.map((node) => node.left));
  const right = Math.max(...seen.map((node) => node.left + node.width));
  const across = (view.width - 2 * MARGIN) / Math.max(1, right - left);
  const zoom = Math.max(SECOND_LINES, Math.min(1, across));
  const x = zoom > across ? left - MARGIN / zoom : (left + right) / 2 - view.width / 2 / zoom;
  return { x, y: -HEAD / zoom, zoom };
}

/** Enlarges around a point of the view, which stays where it is. */
export function zoomedAt(camera: Camera, factor: number, at: { x: number; y: number }): Camera {
  const zoom = clampZoom(camera.zoom * factor);
  return {
    x: camera.x + at.x / camera.zoom - at.x / zoom,
    y: camera.y + at.y / camera.zoom - at.y / zoom,
    zoom,
  };
}

/** Moves by pixels of the view, without losing the picture out of sight. */
export function moved(camera: Camera, by: { x: number; y: number }, scene: Size, view: Size): Camera {
  return {
    zoom: camera.zoom,
    x: kept(camera.x + by.x / camera.zoom, scene.width, view.width / camera.zoom),
    y: kept(camera.y + by.y / camera.zoom, scene.height, view.height / camera.zoom),
  };
}

/** Moves only as far as is needed to have a box in sight, with some room around it. */
export function showing(camera: Camera, box: Box, view: Size): Camera {
  const room = 48 / camera.zoom;
  return {
    zoom: camera.zoom,
    x: within(camera.x, box.left - room, box.left + box.width + room, view.width / camera.zoom),
    y: within(camera.y, box.top - room, box.top + box.height + room, view.height / camera.zoom),
  };
}

function kept(start: number, length: number, seen: number): number {
  // A third of the view may be empty at either end.
  const spare = seen / 3;
  if (length + 2 * spare <= seen) {
    const middle = length / 2 - seen / 2;
    return Math.max(middle - spare, Math.min(middle + spare, start));
  }
  return Math.max(-spare, Math.min(length - seen + spare, start));
}

function within(start: number, from: number, to: number, seen: number): number {
  if (to - from > seen) return (from + to) / 2 - seen / 2;
  if (from < start) return from;
  return to > start + seen ? to - seen : start;
}

function clampZoom(zoom: number): number {
  return Math.max(SMALLEST, Math.min(LARGEST, zoom));
}

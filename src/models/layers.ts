/** One row of a model's layer table; everything that picks layers reads it. */
export interface LayerRow {
  name: string;
  /** `Conv2D`, `BatchNormalization`, … */
  kind: string;
  /** Without the batch: `[height, width, channels]` or `[units]`. */
  shape: number[];
  parameters: number;
  /** Multiply-adds for one image. */
  multiplyAdds: number;
}

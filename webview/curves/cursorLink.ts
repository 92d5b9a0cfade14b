/** The one cursor of all charts. It moves with the pointer, too often for the whole panel to be rendered each time. */
export class CursorLink {
  private readonly followers = new Set<(x: number | null) => void>();
  private x: number | null = null;

  get place(): number | null {
    return this.x;
  }

  moveTo(x: number | null): void {
    if (x === this.x) return;
    this.x = x;
    for (const follow of this.followers) follow(x);
  }

  follow(moved: (x: number | null) => void): () => void {
    this.followers.add(moved);
    return () => this.followers.delete(moved);
  }
}

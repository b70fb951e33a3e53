/**
 * The variables that a text may refer to, and which of them were. Layers are looked
 * through in order: the first that knows a name gives its value.
 */
export class Scope {
  private readonly layers: readonly Readonly<Record<string, string>>[];

  /**
   * @param layers highest precedence first
   * @param used every name that is looked up is added, for finding values nobody uses
   */
  constructor(
    layers: readonly Readonly<Record<string, string>>[],
    private readonly used: Set<string>,
  ) {
    this.layers = layers;
  }

  get(name: string): string | undefined {
    this.used.add(name);
    for (const layer of this.layers) {
      if (Object.hasOwn(layer, name)) return layer[name];
    }
    return undefined;
  }

  /** All names, each once. */
  names(): string[] {
    return [...new Set(this.layers.flatMap((layer) => Object.keys(layer)))];
  }

  /** All values in force. */
  values(): Record<string, string> {
    const merged: Record<string, string> = {};
    for (const layer of [...this.layers].reverse()) Object.assign(merged, layer);
    return merged;
  }
}

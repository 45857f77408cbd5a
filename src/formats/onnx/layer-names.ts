/** Names of layers, each used once. */
export class Names {
  private readonly taken: Set<string>;
  private readonly numbers = new Map<string, number>();

  constructor(taken: readonly string[]) {
    this.taken = new Set(taken);
  }

  take(wanted: string): string {
    // Tensors of that name are those of an optimizer.
    const base = wanted.startsWith('optimizer.') ? `_${wanted}` : wanted;
    let name = base;
    // From the last number on: many layers may have the same name.
    let number = this.numbers.get(base) ?? 1;
    for (; this.taken.has(name); number++) name = `${base}_${number}`;
    this.numbers.set(base, number);
    this.taken.add(name);
    return name;
  }
}

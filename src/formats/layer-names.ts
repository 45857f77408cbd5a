/**
 * Returns a function that names the layers of a network that is read from a file: with the name that is wanted, or with
 * a number behind it if that is taken, since layers of a model need different names.
 */
export function layerNames(reserved: Iterable<string>): (wanted: string) => string {
  const taken = new Set(reserved);
  const numbers = new Map<string, number>();
  return (wanted) => {
    // Tensors of that name are those of an optimizer.
    const base = wanted.startsWith('optimizer.') ? `_${wanted}` : wanted;
    let name = base;
    // From the last number on: many layers may have the same name.
    let number = numbers.get(base) ?? 1;
    for (; taken.has(name); number++) name = `${base}_${number}`;
    numbers.set(base, number);
    taken.add(name);
    return name;
  };
}

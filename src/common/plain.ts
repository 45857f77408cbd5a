/** A copy as plain data: of objects of the user's own the name is left. */
export const plain = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'custom' ? undefined : inner))) as T;

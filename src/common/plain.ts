/** Returns a copy as plain data: only the names of users' objects remain. */
export const plain = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'custom' ? undefined : inner))) as T;

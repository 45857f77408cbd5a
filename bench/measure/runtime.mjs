/** Returns the name of the runtime, such as `Node 20.20.2 (V8 11.3.244.8)`. */
export function runtimeName() {
  const { bun, deno, node, v8 } = process.versions;
  if (bun) return `Bun ${bun}`;
  return deno ? `Deno ${deno}` : `Node ${node} (V8 ${v8.split('-')[0]})`;
}

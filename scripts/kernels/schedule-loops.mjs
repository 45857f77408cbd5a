/**
 * Two transformations of the compiled kernels' text that leave engines less to do in each loop. Neither changes a
 * result. docs/measurements.md gives the gains; build-kernels.mjs calls them.
 *
 * - Vector constants other than zero are set before the loops that use them. Binaryen writes a constant wherever it is
 *   used, and newer engines rebuild it there each time, with four instructions on x64.
 * - Chains that do not depend on each other, the vectors of one iteration in simd/map.ts, are written in alternation, a
 *   few operations of each. V8 11.3 orders instructions itself. Newer V8 keeps the order of the binary, and a processor
 *   looks ahead over two or three chains only.
 */

/**
 * Operations of one chain that stay together. 3 to 8 are equally fast on V8 14, 12 is 5 % slower; longer ones make a
 * smaller binary.
 */
const UNIT = 8;

/**
 * Instructions, `local.get` included, of chains that need no alternation: the derivative of a penalty has 25, GELU 67.
 */
const SHORT = 32;

/** A vector constant that is worth a register: zero takes one instruction wherever it is needed. */
const isConstant = (/** @type {string} */ code) =>
  code.startsWith('v128.const ') && code !== 'v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000';

/** @param {readonly string[]} lines @param {(line: string) => boolean} holds */
const lastIndex = (lines, holds) => lines.map(holds).lastIndexOf(true);

const isControl = (/** @type {string} */ code) => /^(loop|block|if|else|end|br|br_if|return|call)\b/.test(code);

/** Number of values that an instruction in such a loop pops from the stack. Each except a store pushes one. */
const OPERANDS = /** @type {const} */ ([
  [/^(local\.get|v128\.const|i32\.const) /, 0],
  [/^v128\.(load\b|not$)|^[fi]\d+x\d+\.(splat|abs|neg|sqrt|ceil|floor|nearest|convert_\w+|trunc_sat_\w+)$/, 1],
  [/^(v128\.bitselect|f32x4\.relaxed_n?madd)$/, 3],
  [/^v128\.(store\b|and$|or$|xor$|andnot$)/, 2],
  [/^[fi]\d+x\d+\.(add|sub|mul|div|p?min|p?max|eq|ne|[lg][te](_[su])?|shl|shr_[su])$/, 2],
  [/^i32\.(add|sub|and|or|shl|shr_[su]|eq|ne|[lg][te]_[su])$/, 2],
]);

/** @param {string} code */
function operandsOf(code) {
  const known = OPERANDS.find(([pattern]) => pattern.test(code));
  if (known === undefined) throw new Error(`schedule-loops: ${code} is not known in a loop of several chains.`);
  return known[1];
}

/** A value of a loop's body. */
class Value {
  uses = 0;
  /** Operations in the expression that replaces it. */
  size = 0;
  /** The least number of units that must be computed before it. */
  level = 0;
  /** The local that holds the value, if it is a unit, which is computed separately. @type {string | undefined} */
  local = undefined;
  /** Reads of `local` that are not written yet. */
  reads = 0;

  /** @param {string} code the instruction @param {readonly Value[]} operands */
  constructor(code, operands = []) {
    this.code = code;
    this.operands = operands;
  }
}

/**
 * Parses the body of a loop into its values in order, its stores, the final values of its locals, and the values left
 * on the stack.
 *
 * @param {readonly string[]} body
 */
function readBody(body) {
  /** @type {Map<string, Value>} */
  const starts = new Map();
  /** @type {Map<string, Value>} */
  const locals = new Map();
  /** @type {Value[]} */
  const stack = [];
  /** @type {Value[]} */
  const values = [];
  /** @type {Value[]} */
  const stores = [];
  for (const code of body) {
    const [op, name = ''] = code.split(' ');
    if (op === 'local.get') {
      if (!locals.has(name)) {
        const start = new Value(code);
        starts.set(name, start);
        locals.set(name, start);
      }
      stack.push(/** @type {Value} */ (locals.get(name)));
    } else if (op === 'local.set') {
      locals.set(name, /** @type {Value} */ (stack.pop()));
    } else if (op === 'local.tee') {
      locals.set(name, /** @type {Value} */ (stack.at(-1)));
    } else {
      const count = operandsOf(code);
      const value = new Value(code, stack.splice(stack.length - count, count));
      if (op === 'v128.store') stores.push(value);
      else stack.push(value);
      values.push(value);
    }
  }
  return { values, stores, starts, locals, left: stack };
}

/**
 * Writes straight-line code with its chains in alternation: units of all chains on the same level follow each other.
 *
 * @param {readonly string[]} body
 * @param {ReadonlySet<string>} readElsewhere locals that other code of the function reads
 * @param {(index: number) => string} temporary names another local
 */
function interleave(body, readElsewhere, temporary) {
  const { values, stores, starts, locals, left } = readBody(body);
  const results = [...locals].filter(
    ([name, value]) => starts.get(name) !== value && (starts.has(name) || readElsewhere.has(name)),
  );
  const ends = [...left, ...results.map(([, value]) => value)];
  for (const value of [...values.flatMap(({ operands }) => operands), ...ends]) value.uses += 1;

  /** @type {Value[]} */
  const units = [];
  // These are computed before the stores, since a store may change what they load.
  const kept = new Set([...stores.map(({ operands }) => operands[1]), ...ends]);
  for (const value of values) {
    const isVector = /^(v128\.(?!store|const)|[fi]\d+x\d+\.)/.test(value.code);
    if (value.uses === 0 || !isVector) continue;
    value.size = 1 + value.operands.reduce((sum, { size, local }) => sum + (local === undefined ? size : 0), 0);
    value.level = Math.max(0, ...value.operands.map(({ level, local }) => level + (local === undefined ? 0 : 1)));
    if (value.uses > 1 || kept.has(value) || value.size >= UNIT) {
      value.local = '';
      units.push(value);
    }
  }
  units.sort((one, other) => one.level - other.level);

  /** @type {(value: Value) => void} */
  const countReads = ({ operands }) => {
    for (const operand of operands) {
      if (operand.local === undefined) countReads(operand);
      else operand.reads += 1;
    }
  };
  [...units, ...stores].forEach(countReads);
  ends.forEach((value) => (value.local === undefined ? countReads(value) : (value.reads += 1)));

  /** @type {string[]} */
  const lines = [];
  /** @type {string[]} */
  const free = [];
  let temporaries = 0;
  /** @type {(value: Value) => void} */
  const writeExpression = ({ code, operands }) => {
    operands.forEach(write);
    lines.push(code);
  };
  /** @type {(value: Value) => void} */
  const write = (value) => {
    if (value.local === undefined) return writeExpression(value);
    lines.push(`local.get ${value.local}`);
    value.reads -= 1;
    if (value.reads === 0) free.push(value.local);
  };
  for (const unit of units) {
    writeExpression(unit);
    unit.local = free.pop() ?? temporary(temporaries++);
    lines.push(`local.set ${unit.local}`);
  }
  stores.forEach(writeExpression);
  // All locals are read before one is set.
  ends.forEach(write);
  for (const [name] of [...results].reverse()) lines.push(`local.set ${name}`);
  return { lines, temporaries };
}

/** @param {readonly string[]} code */
const readsOf = (code) =>
  code.filter((line) => line.startsWith('local.get ')).map((line) => line.slice('local.get '.length));

/**
 * @param {readonly string[]} code instructions, without indentation
 * @returns the instructions, the vector locals they need in addition, and whether there were chains to alternate
 */
function scheduleFunction(code) {
  /** @type {Map<string, string>} */
  const constants = new Map();
  /** @type {string[]} */
  const out = [];
  /** @type {string[]} */
  const open = [];
  let temporaries = 0;
  let alternates = false;
  for (const [index, line] of code.entries()) {
    if (isConstant(line) && open.includes('loop')) {
      const name = constants.get(line) ?? `$constant${constants.size}`;
      constants.set(line, name);
      out.push(`local.get ${name}`);
      continue;
    }
    const start = lastIndex(out, isControl);
    const body = out.slice(start + 1);
    if (
      open.at(-1) === 'loop' &&
      line.startsWith('br_if ') &&
      out[start]?.startsWith('loop ') &&
      isSeveralChains(body)
    ) {
      const length = body.length;
      const elsewhere = new Set(readsOf([...code.slice(0, index - length), ...code.slice(index)]));
      const { lines, temporaries: used } = interleave(body, elsewhere, (i) => `$temporary${i}`);
      temporaries = Math.max(temporaries, used);
      out.splice(start + 1, length, ...lines);
      alternates = true;
    }
    const [op = ''] = line.split(' ');
    if (op === 'loop' || op === 'block' || op === 'if') open.push(op);
    if (op === 'end') open.pop();
    out.push(line);
  }
  return {
    locals: [...constants.values(), ...Array.from({ length: temporaries }, (_, i) => `$temporary${i}`)],
    code: [...[...constants].flatMap(([constant, name]) => [constant, `local.set ${name}`]), ...out],
    alternates,
  };
}

/**
 * Whether an iteration stores several neighbouring vectors, after all loads: a load behind a store may read what is
 * stored. Chains that are short enough for a processor to look ahead over are left alone.
 *
 * @param {readonly string[]} body
 */
function isSeveralChains(body) {
  const isStore = (/** @type {string} */ line) => line.startsWith('v128.store');
  const chains = body.filter(isStore).length;
  return (
    body.includes('v128.store offset=16') &&
    body.length > chains * SHORT &&
    lastIndex(body, (line) => line.startsWith('v128.load')) < body.findIndex(isStore)
  );
}

/**
 * @param {string} text a module in WebAssembly's text format, as AssemblyScript writes it: one instruction per line
 * @returns the module, and the names of the functions whose chains now alternate
 */
export function scheduleKernels(text) {
  /** @type {string[]} */
  const alternating = [];
  const scheduledText = text.replaceAll(
    /^( \(func (\S+).*\n)((?: {2}\(local .*\n)*)((?: {2}.*\n)*?)( \)\n)/gm,
    (_, head, name, locals, body, tail) => {
      const scheduled = scheduleFunction(
        body
          .split('\n')
          .slice(0, -1)
          .map((/** @type {string} */ line) => line.trim()),
      );
      if (scheduled.alternates) alternating.push(name);
      return [
        head,
        locals,
        ...scheduled.locals.map((name) => `  (local ${name} v128)\n`),
        ...scheduled.code.map((line) => `  ${line}\n`),
        tail,
      ].join('');
    },
  );
  return { text: scheduledText, alternating };
}

/**
 * Members of a group of an HDF5 file. Files for all versions, which Keras writes, have a tree of tables with names in a
 * heap; those of HDF5 1.8 and later have links in the header of the group. Format: HDF5 File Format Specification 3.0,
 * III.A to III.D and IV.A.2.g.
 */
import type { FileBytes } from './bytes.js';
import { LINK, LINK_INFO, SYMBOL_TABLE, type Message } from './objects.js';

/** A member, with the address of its header. */
export interface Member {
  readonly name: string;
  readonly at: number;
}

/** Highest tree: one of 16 levels has more members than a file has room for. */
const MOST_LEVELS = 16;

/** Returns the members of a group, or undefined for an object that is none. */
export function membersOf(file: FileBytes, messages: readonly Message[]): Member[] | undefined {
  const table = messages.find(({ kind }) => kind === SYMBOL_TABLE);
  if (table !== undefined) return readTree(file, file.long(table.at), file.long(table.at + 8));
  const info = messages.find(({ kind }) => kind === LINK_INFO);
  if (info === undefined) return undefined;
  const heapAt = info.at + (file.byte(info.at + 1) & 1 ? 10 : 2);
  if (file.address(heapAt) !== undefined) {
    file.refuse(
      'group expected its members in its header or in a table, got those of HDF5 1.8 with many members. ' +
        "In Python, write a file for all versions: h5py.File(path, 'w', libver='earliest').",
    );
  }
  return messages.filter(({ kind }) => kind === LINK).flatMap(({ at, size }) => readLink(file, at, at + size));
}

/** Reads the tree of tables at an address, whose names are in a heap. */
function readTree(file: FileBytes, root: number, heap: number): Member[] {
  file.visit(heap, 'HEAP');
  const [names, size] = [file.long(heap + 24), file.long(heap + 8)];
  file.require(names, size);
  const members: Member[] = [];
  const readNode = (at: number, level: number): void => {
    if (level > MOST_LEVELS) file.refuse(`tree at byte ${root} expected at most ${MOST_LEVELS} levels.`);
    if (file.letters(at, 4) === 'SNOD') {
      file.once(at);
      const count = file.short(at + 6);
      file.require(at + 8, 40 * count);
      for (let entry = at + 8; entry < at + 8 + 40 * count; entry += 40) {
        file.spend(40);
        // 2 is a link to a name, which Keras does not write.
        if (file.word(entry + 16) === 2) continue;
        members.push({ name: file.name(names + file.long(entry), names + size), at: file.long(entry + 8) });
      }
      return;
    }
    file.visit(at, 'TREE');
    if (file.byte(at + 4) !== 0) file.refuse(`tree at byte ${at} expected members of a group.`);
    const count = file.short(at + 6);
    file.spend(16 * count);
    for (let i = 0; i < count; i++) readNode(file.long(at + 32 + 16 * i), level + 1);
  };
  readNode(root, 0);
  return members;
}

/** Reads a link of a header; one to a name or to another file is no member. */
function readLink(file: FileBytes, start: number, end: number): Member[] {
  if (file.byte(start) !== 1) file.refuse(`link at byte ${start} expected version 1, got ${file.byte(start)}.`);
  const flags = file.byte(start + 1);
  let at = start + 2;
  const kind = flags & 8 ? file.byte(at++) : 0;
  at += (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0);
  const length = file.sized(at, flags & 3);
  at += 1 << (flags & 3);
  if (at + length + 8 > end) file.refuse(`link at byte ${start} expected to end before byte ${end}.`);
  return kind === 0 ? [{ name: file.text(at, length), at: file.long(at + length) }] : [];
}

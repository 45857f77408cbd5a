/**
 * As much of a document as Preact needs to write elements into: tests read what a page writes, without a browser. No
 * layout, no events.
 */

import { h, options, render, type ContainerNode } from 'preact';
import { Slides } from '../src/slides/slides.js';

export class FakeNode {
  parentNode: FakeNode | null = null;
  readonly childNodes: FakeNode[] = [];
  readonly style = {};
  readonly attributes: { name: string; value: string }[] = [];

  constructor(
    readonly localName: string,
    public data = '',
  ) {}

  get nodeType(): number {
    return this.localName === '#text' ? 3 : 1;
  }
  get firstChild(): FakeNode | null {
    return this.childNodes[0] ?? null;
  }
  get nextSibling(): FakeNode | null {
    const all = this.parentNode?.childNodes ?? [];
    return all[all.indexOf(this) + 1] ?? null;
  }
  get textContent(): string {
    return this.data + this.childNodes.map((child) => child.textContent).join('');
  }
  get ownerDocument(): unknown {
    return globalThis.document;
  }
  insertBefore(node: FakeNode, before: FakeNode | null): FakeNode {
    node.parentNode?.removeChild(node);
    const at = before === null ? -1 : this.childNodes.indexOf(before);
    this.childNodes.splice(at < 0 ? this.childNodes.length : at, 0, node);
    node.parentNode = this;
    return node;
  }
  appendChild(node: FakeNode): FakeNode {
    return this.insertBefore(node, null);
  }
  removeChild(node: FakeNode): void {
    this.childNodes.splice(this.childNodes.indexOf(node), 1);
    node.parentNode = null;
  }
  remove(): void {
    this.parentNode?.removeChild(this);
  }
  setAttribute(name: string, value: unknown): void {
    this.removeAttribute(name);
    this.attributes.push({ name, value: String(value) });
  }
  removeAttribute(name: string): void {
    const at = this.attributes.findIndex((one) => one.name === name);
    if (at >= 0) this.attributes.splice(at, 1);
  }
  getAttribute(name: string): string | null {
    return this.attributes.find((one) => one.name === name)?.value ?? null;
  }
  addEventListener(): void {
    // Nothing happens here.
  }
  removeEventListener(): void {
    // As above.
  }
  /** Returns the elements below of these names. */
  all(...names: readonly string[]): FakeNode[] {
    return this.childNodes.flatMap((child) => [
      ...(names.includes(child.localName) ? [child] : []),
      ...child.all(...names),
    ]);
  }
}

/** Makes `document` and what components look at when they are drawn. Effects never run. */
function fakeDocument(search: string): FakeNode {
  const create = (name: string): FakeNode => new FakeNode(name);
  const browser = {
    document: {
      createElement: create,
      createElementNS: (_: string, name: string) => create(name),
      createTextNode: (text: string) => new FakeNode('#text', text),
      documentElement: { dataset: {} },
    },
    location: { search, hash: '' },
    matchMedia: () => ({ matches: false }),
    navigator: { language: 'en' },
  };
  for (const [name, value] of Object.entries(browser)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  return create('body');
}

/** Draws the page, without the library: what it computes comes later. */
export function drawnSlides(search: string): FakeNode {
  options.requestAnimationFrame = () => undefined;
  const body = fakeDocument(search);
  render(h(Slides, null), body as unknown as ContainerNode);
  return body;
}

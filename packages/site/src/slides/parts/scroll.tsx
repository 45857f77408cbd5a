/** A wide table in a narrow page: scrolled sideways, also by keyboard where there is something to scroll. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface ScrollProps {
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Scroll({ label, class: name = '', children }: ScrollProps) {
  const box = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWide(element.scrollWidth > element.clientWidth + 1));
    // What is inside may become wider by itself.
    for (const one of [element, ...element.children]) observer.observe(one);
    return () => observer.disconnect();
  });
  const focusable = wide ? ({ tabIndex: 0, role: 'region', 'aria-label': label } as const) : {};
  return (
    <div ref={box} class={`scroll ${name}`} {...focusable}>
      {children}
    </div>
  );
}

/** A wide table in a narrow page: scrolled sideways, also by keyboard where there is something to scroll. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useElementWidth } from '../../components/size.js';

interface ScrollProps {
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Scroll({ label, class: name = '', children }: ScrollProps) {
  const box = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  useElementWidth(box);
  useEffect(() => {
    const element = box.current;
    if (element) setWide(element.scrollWidth > element.clientWidth + 1);
  });
  const focusable = wide ? ({ tabIndex: 0, role: 'region', 'aria-label': label } as const) : {};
  return (
    <div ref={box} class={`scroll ${name}`} {...focusable}>
      {children}
    </div>
  );
}

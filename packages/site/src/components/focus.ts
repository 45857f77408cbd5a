/** Milliseconds within which browsers scroll to a control that gets the focus: some do it in a frame after that. */
const OWN_SCROLL_MS = 100;

/**
 * Scrolls to the control that has the focus where the browser leaves it outside of the window: WebKitGTK 2.50 sometimes
 * does, for one control after the other, until something else scrolls. What was scrolled since then stays.
 */
export function keepFocusInView(): void {
  addEventListener('focusin', ({ target }) => {
    const before = scrollY;
    setTimeout(() => {
      if (!(target instanceof Element) || document.activeElement !== target || scrollY !== before) return;
      const { top, bottom } = target.getBoundingClientRect();
      if (bottom <= 0 || top >= innerHeight) target.scrollIntoView({ block: 'nearest' });
    }, OWN_SCROLL_MS);
  });
}

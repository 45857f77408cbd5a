/** What the drivers of all browsers have in common, as far as tests use it. The names are those of Playwright. */

/** A page as its driver gives it. */
export interface DriverPage {
  goto(url: string): Promise<unknown>;
  /** Evaluates an expression, awaits it, and returns its value as JSON carries it. */
  evaluate(expression: string): Promise<unknown>;
  screenshot(options: { path: `${string}.png`; fullPage: boolean }): Promise<unknown>;
  readonly keyboard: {
    /** Presses a key by its name: `Tab`, `Shift`, `ArrowLeft`, `a`. */
    down(key: string): Promise<void>;
    up(key: string): Promise<void>;
  };
  readonly mouse: {
    /** Moves to a place of the window, in CSS pixels. */
    move(x: number, y: number): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
}

/** An empty page of a browser. */
export interface Started {
  readonly page: DriverPage;
  readonly version: string;
  /** Collects what goes wrong in the page. */
  readonly problems: string[];
  readonly close: () => Promise<void>;
}

/** A browser, or a driver that starts one for each page. */
export interface Browser {
  /** Opens an empty page in a context of its own; where `dark` is known, the user prefers dark colours. */
  open(dark: boolean): Promise<Started>;
  close(): Promise<void>;
}

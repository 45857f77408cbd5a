/**
 * WebKit for tests: the computer's own WebKitWebDriver (Debian's webkit2gtk-driver), which starts WebKitGTK's
 * MiniBrowser on a virtual display, spoken to in WebDriver. All processes are of one group, which ends with the driver.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDisplay } from './display.js';
import type { Browser, DriverPage, Started } from './driver-page.js';
import { freePort } from './free-port.js';

/** The longest that a command may take: a snippet that trains, or a page that does not load. */
const COMMAND_MS = 180_000;
/** Screenshots may never come: without a graphics card, the window's picture is not always made. */
const SCREENSHOT_MS = 20_000;
/** A browser starts in two seconds, but in many more where much else runs. */
const START_MS = 120_000;
const END_MS = 5_000;

/** WebDriver's characters for keys that write none. */
const KEYS: Readonly<Record<string, string>> = {
  Tab: '\uE004',
  Enter: '\uE007',
  Shift: '\uE008',
  Control: '\uE009',
  Escape: '\uE00C',
  PageUp: '\uE00E',
  PageDown: '\uE00F',
  End: '\uE010',
  Home: '\uE011',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
};

interface StartOptions {
  /** Whether shared memory is switched on, which WebKitGTK leaves out without a setting. */
  readonly sharedMemory: boolean;
  /** Further variables of the environment. */
  readonly env: Readonly<Record<string, string>>;
}

type Send = (method: string, path: string, body?: object, limitMs?: number) => Promise<unknown>;

/** Returns what sends commands to a driver at a port; an error of WebDriver is thrown. */
const sender =
  (port: number): Send =>
  async (method, path, body, limitMs = COMMAND_MS) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(limitMs),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (response.ok) return value;
    const { error, message } = value as { error: string; message: string };
    throw new Error(`${method} ${path.replace(/^\/session\/[^/]+/, '')}: ${error}: ${message}`);
  };

/** Waits until the driver answers. */
async function untilReady(driver: ChildProcess, send: Send): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      await send('GET', '/status', undefined, START_MS);
      return;
    } catch (error) {
      if (driver.exitCode !== null || performance.now() > deadline) throw error;
      await new Promise((wake) => setTimeout(wake, 30));
    }
  }
}

/** Ends all processes of the driver's group. */
function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL');
  } catch {
    // All have ended.
  }
}

/** The page of a session; `path` is `/session/ID`. */
function pageOf(send: Send, path: string): DriverPage {
  const act = async (type: 'key' | 'pointer', ...actions: object[]): Promise<void> => {
    const pointer = type === 'pointer' && { parameters: { pointerType: 'mouse' } };
    await send('POST', `${path}/actions`, { actions: [{ type, id: type, ...pointer, actions }] });
  };
  const key = (type: string, name: string): Promise<void> => act('key', { type, value: KEYS[name] ?? name });
  return {
    goto: (url) => send('POST', `${path}/url`, { url }),
    evaluate: (expression) =>
      send('POST', `${path}/execute/sync`, { script: `return (async () => (${expression}))();`, args: [] }),
    screenshot: async (options) => {
      const picture = (await send('GET', `${path}/screenshot`, undefined, SCREENSHOT_MS)) as string;
      writeFileSync(options.path, Buffer.from(picture, 'base64'));
    },
    keyboard: { down: (name) => key('keyDown', name), up: (name) => key('keyUp', name) },
    mouse: {
      move: (x, y) =>
        act('pointer', { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0, origin: 'viewport' }),
      down: () => act('pointer', { type: 'pointerDown', button: 0 }),
      up: () => act('pointer', { type: 'pointerUp', button: 0 }),
    },
  };
}

/** Starts a MiniBrowser with an empty page; nothing is stored longer than it runs. */
async function startSession(send: Send): Promise<Started> {
  const { sessionId, capabilities } = (await send('POST', '/session', { capabilities: {} }, START_MS)) as {
    sessionId: string;
    capabilities: { browserVersion: string };
  };
  const path = `/session/${sessionId}`;
  const close = async (): Promise<void> => {
    await send('DELETE', path, undefined, END_MS).catch(() => undefined);
  };
  try {
    await send('POST', `${path}/timeouts`, { script: COMMAND_MS, pageLoad: COMMAND_MS });
  } catch (error) {
    await close();
    throw error;
  }
  const problems = ['WebDriver does not report errors of the page'];
  return { page: pageOf(send, path), version: capabilities.browserVersion, problems, close };
}

/** Starts the driver at this path. Each page has a MiniBrowser of its own. */
export async function launchWebKit(driverPath: string, { sharedMemory, env }: StartOptions): Promise<Browser> {
  const { display, end: endDisplay } = await startDisplay();
  const home = mkdtempSync(join(tmpdir(), 'webkit-'));
  const port = await freePort();
  const driver = spawn(driverPath, [`--port=${port}`, '--host=127.0.0.1'], {
    detached: true,
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: display,
      // Nothing of the user's, no bus of the desktop, and no helpers of it that would stay.
      HOME: home,
      XDG_CACHE_HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      XDG_RUNTIME_DIR: home,
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      GIO_USE_VFS: 'local',
      GSETTINGS_BACKEND: 'memory',
      NO_AT_BRIDGE: '1',
      // Its sandbox needs rights that containers lack, and its renderer a graphics card.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      ...(sharedMemory && { JSC_useSharedArrayBuffer: '1' }),
      ...env,
    },
  });
  const kill = (): void => killGroup(driver);
  process.once('exit', kill);
  const ended = once(driver, 'exit');
  const send = sender(port);
  const close = async (): Promise<void> => {
    // What the driver has not ended by then is killed.
    driver.kill();
    await Promise.race([ended, new Promise((wake) => setTimeout(wake, END_MS).unref())]);
    kill();
    process.off('exit', kill);
    await endDisplay();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await untilReady(driver, send);
  } catch (error) {
    await close();
    throw error;
  }
  return { open: () => startSession(send), close };
}

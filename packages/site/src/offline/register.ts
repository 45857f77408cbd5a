/** Lets the site work without a network, once a page is drawn and what it needs is loaded. */

/** Milliseconds after a page has loaded: the library and its worker come first. */
const LATER = 3000;

/** Starts the service worker in the built site, unless the user asks for few data. */
export function workOffline(): void {
  const { serviceWorker, connection } = navigator as Navigator & {
    readonly connection?: { readonly saveData?: boolean };
  };
  // Pages without https have none.
  if (!import.meta.env.PROD || (serviceWorker as ServiceWorkerContainer | undefined) === undefined) return;
  if (connection?.saveData === true) return;
  const register = (): void => {
    setTimeout(() => {
      // Private windows refuse it, and pages work without it.
      serviceWorker.register('./service-worker.js').catch(() => undefined);
    }, LATER);
  };
  if (document.readyState === 'complete') register();
  else addEventListener('load', register, { once: true });
}

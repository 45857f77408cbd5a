/** The landing page: its text is HTML, the demonstration is loaded once that is drawn. */
import { render } from 'preact';
import { keepFocusInView } from '../components/focus.js';
import { Head } from '../components/page.js';
import { restoreTheme } from '../components/theme.js';
import { workOffline } from '../offline/register.js';
import '../style/theme.css';
import '../style/landing.css';

restoreTheme();
keepFocusInView();
render(<Head current="./" />, document.getElementById('head')!);
requestAnimationFrame(() =>
  setTimeout(() => {
    void import('./demo.js').then(({ Demo }) => {
      const place = document.getElementById('demo')!;
      place.replaceChildren();
      render(<Demo />, place);
    });
  }),
);
workOffline();

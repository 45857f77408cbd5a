import { render } from 'preact';
import { keepFocusInView } from '../components/focus.js';
import { Page } from '../components/page.js';
import { restoreTheme } from '../components/theme.js';
import { workOffline } from '../offline/register.js';
import '../style/theme.css';
import '../style/playground.css';
import { Playground } from './playground.js';

restoreTheme();
keepFocusInView();
render(
  <Page current="./playground.html">
    <Playground />
  </Page>,
  document.getElementById('page')!,
);
workOffline();

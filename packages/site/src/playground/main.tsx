import { render } from 'preact';
import { Page } from '../components/page.js';
import { restoreTheme } from '../components/theme.js';
import { workOffline } from '../offline/register.js';
import '../style/theme.css';
import '../style/playground.css';
import { Playground } from './playground.js';

restoreTheme();
render(
  <Page current="./playground.html">
    <Playground />
  </Page>,
  document.getElementById('page')!,
);
workOffline();

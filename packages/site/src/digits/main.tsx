import { render } from 'preact';
import { keepFocusInView } from '../components/focus.js';
import { Page } from '../components/page.js';
import { restoreTheme } from '../components/theme.js';
import { workOffline } from '../offline/register.js';
import '../style/theme.css';
import '../style/digits.css';
import { Digits } from './digits.js';

restoreTheme();
keepFocusInView();
render(
  <Page current="./digits.html">
    <Digits />
  </Page>,
  document.getElementById('page')!,
);
workOffline();

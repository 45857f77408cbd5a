import { render } from 'preact';
import { keepFocusInView } from '../components/focus.js';
import { restoreTheme } from '../components/theme.js';
import { workOffline } from '../offline/register.js';
import '../style/theme.css';
import '../style/slides.css';
import '../style/pictures.css';
import { Slides } from './slides.js';

restoreTheme();
keepFocusInView();
render(<Slides atOnce={1} />, document.getElementById('page')!);
workOffline();

import { render } from 'preact';
import './theme/tokens.css';
import './theme/base.css';
import './theme/services.css';
import './shell/shell.css';
import './widgets/widgets.css';
import './pages/search/search.css';
import './pages/search/plot.css';
import { App } from './shell/app.tsx';
import { listen } from './shell/router.ts';
import { keepSettings } from './shell/settings.ts';

keepSettings();
listen();
const host = document.getElementById('app');
if (host) render(<App />, host);

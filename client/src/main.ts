import './styles/tokens.css';
import './styles/fonts.css';
import './styles/components.css';

import { createPinia } from 'pinia';
import { createApp } from 'vue';

import App from './App.vue';
import { startSettings } from './features/session';
import { startClock } from './platform/clock';
import { i18n, startLanguage } from './platform/i18n';
import { keepShell } from './platform/release';
import { startTheme } from './platform/theme';
import { refuseStrayDrops } from './platform/strayDrops';
import { startTitle } from './platform/title';
import { startViewport } from './platform/viewport';
import { createAppRouter } from './router';

async function start(): Promise<void> {
  startTheme();
  startViewport();
  refuseStrayDrops();
  startClock();
  const app = createApp(App).use(createPinia());
  startSettings();
  const [router] = await Promise.all([createAppRouter(), startLanguage()]);
  app.use(i18n).use(router);
  await router.isReady();
  app.mount('#app');
  startTitle();
  if (import.meta.env.PROD) keepShell();
}

void start();

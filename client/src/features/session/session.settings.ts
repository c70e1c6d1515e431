import { effectScope, watch } from 'vue';

import { setLanguage } from '../../platform/i18n';
import { setTheme } from '../../platform/theme';
import { useSession } from './session.store';

/** Makes the page follow the person's own settings: theme, language, density. Call once, at the start. */
export function startSettings(): void {
  const session = useSession();
  effectScope(true).run(() => {
    watch(
      () => session.settings.theme,
      (theme) => theme && setTheme(theme),
      { immediate: true },
    );
    watch(
      () => session.settings.language,
      (language) => {
        if (language) void setLanguage(language);
      },
      { immediate: true },
    );
    watch(
      () => session.settings.density,
      (density) => {
        document.documentElement.dataset.density = density ?? 'comfortable';
      },
      { immediate: true },
    );
  });
}

import {
  computed,
  onScopeDispose,
  readonly,
  ref,
  toValue,
  watchEffect,
  type MaybeRefOrGetter,
} from 'vue';

import { i18n } from './i18n';

const page = ref('');
/** The open page's own name, without product and count. */
export const pageTitle = readonly(page);
const needsReply = ref(0);

/** How many appeals wait for this viewer's side (NTF-1); 0 takes the number and the dot away. */
export function setNeedsReplyCount(count: number): void {
  needsReply.value = Math.max(0, count);
}

/**
 * Names the open page, in the user's language; the product's name and the count are added.
 * Following a getter, the title changes with the language and with the data it reads.
 */
export function usePageTitle(title: MaybeRefOrGetter<string>): void {
  let mine = '';
  watchEffect(() => {
    mine = toValue(title);
    page.value = mine;
  });
  // The next page is set up before this one goes: only an own title is taken back.
  onScopeDispose(() => {
    if (page.value === mine) page.value = '';
  });
}

/** "(3) №1042 Пришла не та партия · Отклик" (TTL-1). */
const documentTitle = computed(() => {
  const product = i18n.global.t('common.product');
  const count = needsReply.value ? `(${needsReply.value}) ` : '';
  return page.value ? `${count}${page.value} · ${product}` : `${count}${product}`;
});

/** Keeps the tab's title, the favicon's dot and the app badge in step. */
export function startTitle(): void {
  watchEffect(() => {
    document.title = documentTitle.value;
  });
  watchEffect(() => {
    const count = needsReply.value;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const file = count ? './favicon-dot.svg' : './favicon.svg';
    if (icon && icon.getAttribute('href') !== file) icon.setAttribute('href', file);
    if ('setAppBadge' in navigator) {
      // Refused where the app is not installed; the title and the dot are there all the same.
      (count ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined);
    }
  });
}

import { computed, ref } from 'vue';

/** What the server has served last, by the answers of its API; null before the first. */
const served = ref<string | null>(null);
const putOff = ref<string | null>(null);

/** The build this page came with; the server writes it into the page. Empty where it does not (development, tests). */
const own =
  typeof document === 'undefined'
    ? ''
    : (document.querySelector?.<HTMLMetaElement>('meta[name="release"]')?.content ?? '');

/** Told by whoever reads an answer of the server. */
export function noticeRelease(answer: Response): void {
  served.value = answer.headers.get('x-release') ?? served.value;
}

/** The server has another build than this page (STA-10). Nothing reloads by itself. */
export const isUpdateThere = computed(
  () => own !== '' && served.value !== null && ![own, putOff.value].includes(served.value),
);
/** Not now; the next build asks again. */
export const putOffUpdate = (): void => void (putOff.value = served.value);

/** Where the browser can, the page and its files are kept, so that it opens without a network (STA-5). */
export function keepShell(): void {
  if (!('serviceWorker' in navigator)) return;
  // The browser itself says on the console what a failed try was; a connection that is away now is back later.
  const keep = (): void =>
    void navigator.serviceWorker
      .register(new URL('sw.js', document.baseURI), { updateViaCache: 'none' })
      .catch(() => setTimeout(keep, AGAIN_MS));
  // After the first page: what it loads must not wait for what is only kept.
  setTimeout(keep, AFTER_FIRST_PAGE_MS);
}
const AFTER_FIRST_PAGE_MS = 1_500;
const AGAIN_MS = 30_000;

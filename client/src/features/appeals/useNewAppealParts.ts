import { nextTick, type Ref } from 'vue';

import type { NewAppealForm } from './useNewAppeal';
import { isSendKey } from './useSendKeys';

/**
 * The way a form of a new appeal behaves on the screen: keys, pasted pictures, and the focus that goes to what is
 * missing (SCR-NEW-2).
 */
export function useNewAppealParts(
  form: NewAppealForm,
  box: Readonly<Ref<HTMLElement | null>>,
  opened: (result: NonNullable<Awaited<ReturnType<NewAppealForm['send']>>>) => void,
) {
  const focusPart = (selector: string) =>
    box.value?.querySelector<HTMLElement>(`${selector}`)?.focus();

  async function submit(): Promise<void> {
    const result = await form.send();
    if (result) {
      opened(result);
      return;
    }
    await nextTick();
    if (form.missing.value === 'type') focusPart('[data-part="type"] [role="radio"]');
    else if (form.missing.value === 'topic') focusPart('[data-part="topic"] button');
    else focusPart('textarea');
  }

  function onKey(event: KeyboardEvent): void {
    if (!isSendKey(event, form.enterOpens.value)) return;
    event.preventDefault();
    void submit();
  }
  function onPaste(event: ClipboardEvent): void {
    const data = event.clipboardData;
    if (!data || data.types.includes('text/plain') || !data.files.length) return;
    event.preventDefault();
    form.addPasted([...data.files]);
  }
  function onPick(event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    form.addFiles([...(event.target.files ?? [])]);
    event.target.value = '';
  }

  return { submit, onKey, onPaste, onPick };
}

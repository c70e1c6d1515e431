import { nextTick, useTemplateRef } from 'vue';

interface Choice {
  value: string;
  disabled?: boolean;
}

/**
 * The keyboard of a radio group drawn with buttons: one stop for Tab, arrows move and choose, Home and End
 * go to the ends. Put `ref="choices"` on the buttons.
 */
export function useRovingChoice(
  options: () => readonly Choice[],
  chosen: () => string | null,
  choose: (value: string) => void,
) {
  const buttons = useTemplateRef<HTMLButtonElement[]>('choices');

  const tabStop = (value: string) => {
    const usable = options().filter((one) => !one.disabled);
    const current = usable.find((one) => one.value === chosen()) ?? usable[0];
    return current?.value === value ? 0 : -1;
  };

  async function move(event: KeyboardEvent, from: string): Promise<void> {
    const usable = options().filter((one) => !one.disabled);
    const at = usable.findIndex((one) => one.value === from);
    const steps: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: usable.length - 1,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    const next = usable.at(step % usable.length);
    if (!next) return;
    event.preventDefault();
    choose(next.value);
    await nextTick();
    buttons.value?.find((button) => button.dataset.value === next.value)?.focus();
  }

  return { tabStop, move };
}

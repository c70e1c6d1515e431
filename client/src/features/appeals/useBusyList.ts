import { onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue';

type Element = Readonly<Ref<HTMLElement | null>>;

/**
 * Whether somebody is busy in a list, so that its order must not change (LIV-1): the pointer is over it, or the focus
 * or a selection is in its rows.
 * @param area rows and what belongs to them; the pill lies in it, or the list would move when the pointer goes there
 */
export function useBusyList(area: Element, rows: Element): Readonly<Ref<boolean>> {
  const pointed = ref(false);
  const focused = ref(false);
  const selected = ref(false);
  const busy = ref(false);
  watch([pointed, focused, selected], (any) => (busy.value = any.includes(true)));

  const point = ({ type, pointerType }: PointerEvent) =>
    (pointed.value = type === 'pointerenter' && pointerType !== 'touch');
  const focus = () => (focused.value = true);
  /** From row to row the focus stays in the list. */
  const blur = ({ relatedTarget }: FocusEvent) =>
    (focused.value = relatedTarget instanceof Node && rows.value?.contains(relatedTarget) === true);
  function select(): void {
    const selection = document.getSelection();
    const range = selection && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    selected.value = rows.value !== null && range?.intersectsNode(rows.value) === true;
  }

  onMounted(() => {
    area.value?.addEventListener('pointerenter', point);
    area.value?.addEventListener('pointerleave', point);
    rows.value?.addEventListener('focusin', focus);
    rows.value?.addEventListener('focusout', blur);
    document.addEventListener('selectionchange', select);
  });
  onBeforeUnmount(() => document.removeEventListener('selectionchange', select));
  return busy;
}

import type { Entry, Priority, StaffAppeal, Status } from '@otklik/shared/appeals';
import type { AppealClocks } from '@otklik/shared/sla';
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { useI18n } from 'vue-i18n';

import type { Outcome } from '../../platform/problem';
import { useFormat } from '../../platform/useFormat';
import { showToast } from '../../ui/toast/toast';
import { useAppeals, useDirectories, useMeanwhile, useThreads } from '../appeals';
import { troubleWords, useSession } from '../session';
import type { StaffRow } from './rows';

/** The open appeal of the inbox: what is known of it, and everything staff do with it. */
export function useStaffAppeal(no: () => number) {
  const { t } = useI18n();
  const format = useFormat();
  const session = useSession();
  const appeals = useAppeals();
  const threads = useThreads();
  const directories = useDirectories();

  const clocks = shallowRef<AppealClocks | null>(null);
  watch(
    no,
    (next, before) => {
      if (before !== undefined) threads.close(before);
      clocks.value = null;
      void threads.open(next);
    },
    { immediate: true, flush: 'pre' },
  );
  onScopeDispose(() => threads.close(no()));

  const thread = computed(() => threads.thread(no()));
  const row = computed<StaffRow | null>(() => {
    const id = thread.value?.appealId ?? appeals.byNo(no())?.id;
    const known = id ? appeals.row(id) : null;
    return known?.appeal.audience === 'staff' ? { appeal: known.appeal, sla: known.sla } : null;
  });
  const appealId = computed(() => row.value?.appeal.id ?? null);
  const items = computed(() => (appealId.value ? threads.items(appealId.value) : []));
  const entries = computed<Entry[]>(() =>
    items.value.flatMap((item) => (item.is === 'entry' ? [item.entry] : [])),
  );

  /** A clock of it was disputed, as far as the thread is loaded: whether it is open the ledger knows. */
  const disputed = computed(() =>
    entries.value.some(({ event }) => event?.type === 'clock_disputed'),
  );

  /* ── Deadlines ────────────────────────────────────────── */

  /** The ledger moves whenever a clock does; the row tells which. */
  const clockKey = computed(() => {
    const appeal = row.value?.appeal;
    return appeal ? JSON.stringify([appeal.id, appeal.clock, appeal.resolution]) : null;
  });
  async function loadClocks(): Promise<void> {
    const id = appealId.value;
    if (!id) return;
    const answer = await threads.clocks(id);
    if (answer.ok && id === appealId.value) clocks.value = answer.value;
  }
  watch(clockKey, () => void loadClocks(), { immediate: true });

  /* ── Commands ─────────────────────────────────────────── */

  async function run(
    command: (appealId: string) => Promise<Outcome<unknown>>,
    done?: string,
  ): Promise<boolean> {
    const id = appealId.value;
    if (!id) return false;
    const answer = await command(id);
    if (!answer.ok) showToast({ text: troubleWords(answer.trouble), tone: 'bad' });
    else if (done) showToast({ text: done, tone: 'good' });
    return answer.ok;
  }

  function assign(personId: string | null): Promise<boolean> {
    if (personId === row.value?.appeal.assignee?.id) return Promise.resolve(true);
    return run((id) => threads.assign(id, personId));
  }
  /** Back to what it was, however often the button is pressed. */
  function undo(command: (appealId: string) => Promise<Outcome<unknown>>, id: string): void {
    void command(id).then((answer) => {
      if (!answer.ok) showToast({ text: troubleWords(answer.trouble), tone: 'bad' });
    });
  }
  async function changeStatus(status: Status, solved: boolean | null): Promise<void> {
    const before = row.value?.appeal;
    if (!before || before.status === status) return;
    const done = await run((id) => threads.changeStatus(id, status, solved ?? undefined));
    // "New" is where an appeal begins; nobody can be put back there.
    if (done) tellStatus(before, status, before.status === 'new' ? null : before.status);
  }
  /** Says the new status, with the way back to `from` where there is one. */
  function tellStatus({ id, no: number }: StaffAppeal, status: Status, from: Status | null): void {
    showToast({
      text: t('inbox.toast.status', {
        no: format.no(number),
        status: t(`inbox.status.${status}`),
      }),
      tone: 'good',
      ...(from && { undo: { run: () => undo(() => threads.changeStatus(id, from), id) } }),
    });
  }
  /** "Send and wait", "send and resolve": said once both are done; the way back is for the status (CMP-9). */
  async function tellSentAlong(
    before: StaffAppeal,
    clientId: string,
    status: Status,
  ): Promise<void> {
    await threads.whenStored(clientId);
    // The reply alone takes a new appeal into work.
    const from = before.status === 'new' ? 'in_work' : before.status;
    if (from !== status) tellStatus(before, status, from);
  }
  const changeFields = (fields: {
    topicId?: string;
    typeCode?: string;
    subject?: string;
    priority?: Priority;
  }) => run((id) => threads.changeFields(id, fields));
  const noAnswerNeeded = () =>
    run((id) => threads.noAnswerNeeded(id), t('inbox.toast.noAnswerNeeded'));

  const pulling = ref(false);
  async function pullIn(personIds: string[], question: string): Promise<boolean> {
    pulling.value = true;
    const done = await run((id) => threads.pullIn(id, personIds, question));
    pulling.value = false;
    return done;
  }
  const withdrawQuestion = (questionId: string) =>
    run((id) => threads.withdrawQuestion(id, questionId));
  const remove = (personId: string) => run((id) => threads.leave(id, personId));
  const linkOrder = (number: string) => run((id) => threads.linkOrder(id, number));
  const unlinkOrder = (number: string) => run((id) => threads.unlinkOrder(id, number));
  const markUnread = (seq: number) => run((id) => threads.markUnread(id, seq));

  /**
   * A reply to an appeal without an assignee makes its writer the one who answers (SCR-APS-3):
   * said once the server has done it, with a way back.
   */
  let replied: string | null = null;
  function noteReply(appeal: StaffAppeal): void {
    replied = appeal.assignee === null ? appeal.id : null;
  }
  watch(
    () => row.value?.appeal.assignee?.id ?? null,
    (assigneeId) => {
      const id = appealId.value;
      if (!id || replied !== id || assigneeId !== session.personId) return;
      replied = null;
      showToast({
        text: t('inbox.toast.assignedToYou', { no: format.no(no()) }),
        undo: { run: () => undo(() => threads.assign(id, null), id) },
      });
    },
  );

  /* ── Words ────────────────────────────────────────────── */

  void directories.load();
  /** Words for a value of a changed field, for thread and log. */
  function fieldText(field: string, value: unknown): string {
    if (typeof value !== 'string') return '—';
    switch (field) {
      case 'topic_id':
        return directories.topicName(value) || '—';
      case 'type_code':
        return directories.typeName(value);
      case 'team_id':
        return directories.teamName(value) || '—';
      case 'priority':
        return t(`inbox.priorityWord.${value}`);
      default:
        return value;
    }
  }

  /* ── What somebody else did meanwhile (LIV-2) ─────────── */

  const meanwhile = useMeanwhile({
    no,
    ready: () => thread.value?.loading.state === 'ready',
    entries: () => entries.value,
    meId: () => session.personId,
  });

  return {
    thread,
    row,
    appealId,
    items,
    entries,
    disputed,
    clocks,
    loadClocks,
    assign,
    changeStatus,
    tellSentAlong,
    changeFields,
    noAnswerNeeded,
    pulling,
    pullIn,
    withdrawQuestion,
    remove,
    linkOrder,
    unlinkOrder,
    markUnread,
    noteReply,
    fieldText,
    meanwhile,
  };
}

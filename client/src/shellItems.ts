import {
  AlarmClock,
  Armchair,
  AtSign,
  Bell,
  CalendarDays,
  ChartColumn,
  Gauge,
  Inbox,
  KeyRound,
  Layers,
  MessagesSquare,
  Package,
  ScrollText,
  Settings,
  ShieldCheck,
  SlidersHorizontal,
  SquarePen,
  Store,
  Zap,
  Tags,
  Timer,
  UsersRound,
} from '@lucide/vue';
import type { Rights, Side } from '@otklik/shared/people';

import { i18n } from './platform/i18n';
import type { ShellItem } from './ui/shell/items';

/** What the badges count: appeals that need my side's reply, unassigned ones, open mentions of me. */
export interface ShellCounts {
  needsReply: number;
  queue: number;
  mentions: number;
  /** Reminders that were not read. */
  notices: number;
}

/** The navigation of a person: only what he may open. Read inside a `computed`, it follows the language. */
export function shellItems(side: Side, can: Rights, counts: ShellCounts): ShellItem[] {
  return side === 'dealer' ? dealerItems(can, counts) : staffItems(can, counts);
}

function dealerItems(can: Rights, { needsReply, notices }: ShellCounts): ShellItem[] {
  const { t } = i18n.global;
  return [
    {
      ...{ key: 'appeals', to: '/appeals', icon: MessagesSquare, label: t('common.nav.appeals') },
      ...needing(needsReply),
    },
    { key: 'new', to: '/appeals/new', icon: SquarePen, label: t('common.nav.new') },
    ...(can.seeOrders
      ? [{ key: 'orders', to: '/orders', icon: Package, label: t('common.nav.orders') }]
      : []),
    noticesItem(notices),
    { key: 'account', to: '/account/sessions', icon: Settings, label: t('common.nav.account') },
  ];
}

function staffItems(
  can: Rights,
  { needsReply, queue, mentions, notices }: ShellCounts,
): ShellItem[] {
  const { t } = i18n.global;
  const board = { key: 'board', to: '/board', icon: Gauge };
  return [
    {
      ...{ key: 'inbox', to: '/inbox/mine', icon: Inbox, label: t('common.nav.inbox') },
      ...{ kbd: 'G I', ...needing(needsReply) },
    },
    {
      ...{ key: 'queue', to: '/inbox/queue', icon: Layers, label: t('common.nav.queue') },
      ...{ kbd: 'G Q', badge: queue, badgeLabel: counted('queued', queue) },
    },
    {
      ...{ key: 'mentions', to: '/inbox/mentions', icon: AtSign, label: t('common.nav.mentions') },
      ...{ kbd: 'G M', badge: mentions, badgeLabel: counted('mentioned', mentions) },
    },
    // On a phone the board is one of the first; in the rail it stands with what is opened now and then.
    ...(can.seeBoard
      ? [{ ...board, label: t('common.nav.boardShort'), phone: 'only' as const }]
      : []),
    ...(can.seeDealers
      ? [
          {
            ...{ key: 'dealers', icon: Store, label: t('common.nav.dealers') },
            to: can.manageDealers ? '/admin/dealers' : '/dealers',
            place: 'second' as const,
          },
        ]
      : []),
    {
      ...{ key: 'macros', to: '/macros', icon: Zap, label: t('common.nav.macros') },
      place: 'second' as const,
    },
    ...(can.seeBoard
      ? [
          {
            ...{ ...board, label: t('common.nav.board'), kbd: 'G B' },
            ...{ place: 'second' as const, phone: 'never' as const },
          },
        ]
      : []),
    ...(can.manageSla
      ? [
          {
            ...{ key: 'calendars', to: '/admin/calendars', icon: CalendarDays },
            ...{ label: t('common.nav.calendars'), place: 'second' as const },
          },
          {
            ...{ key: 'sla', to: '/admin/sla', icon: Timer },
            ...{ label: t('common.nav.sla'), place: 'second' as const },
          },
          {
            ...{ key: 'ladder', to: '/admin/ladder', icon: AlarmClock },
            ...{ label: t('common.nav.ladder'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.seeReports
      ? [
          {
            ...{ key: 'reports', to: '/reports/deadlines', icon: ChartColumn },
            ...{ label: t('common.nav.reports'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.manageStaff
      ? [
          {
            ...{ key: 'staff', to: '/admin/staff', icon: UsersRound },
            ...{ label: t('common.nav.staff'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.manageDirectories
      ? [
          {
            ...{ key: 'topics', to: '/admin/topics', icon: Tags },
            ...{ label: t('common.nav.topics'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.manageTokens
      ? [
          {
            ...{ key: 'tokens', to: '/admin/tokens', icon: KeyRound },
            ...{ label: t('common.nav.tokens'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.manageCompany
      ? [
          {
            ...{ key: 'company', to: '/admin/settings', icon: SlidersHorizontal },
            ...{ label: t('common.nav.company'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.seeAudit
      ? [
          {
            ...{ key: 'audit', to: '/admin/audit', icon: ScrollText },
            ...{ label: t('common.nav.audit'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.seeSeats
      ? [
          {
            ...{ key: 'seats', to: '/admin/seats', icon: Armchair },
            ...{ label: t('common.nav.seats'), place: 'second' as const },
          },
        ]
      : []),
    ...(can.seeRights
      ? [
          {
            ...{ key: 'rights', to: '/admin/rights', icon: ShieldCheck },
            ...{ label: t('common.nav.rights'), place: 'second' as const },
          },
        ]
      : []),
    { ...noticesItem(notices), place: 'foot' },
    {
      ...{ key: 'account', to: '/account/sessions', icon: Settings },
      ...{ label: t('common.nav.account'), place: 'foot' as const },
    },
  ];
}

const noticesItem = (count: number): ShellItem => ({
  ...{ key: 'notices', to: '/notices', icon: Bell, label: i18n.global.t('common.nav.notices') },
  ...{ badge: count, badgeLabel: counted('unreadNotices', count) },
});

const needing = (count: number) => ({
  badge: count,
  needs: true,
  badgeLabel: counted('needsReply', count),
});

/** A badge in words; nothing to say for none. */
function counted(what: 'needsReply' | 'queued' | 'mentioned' | 'unreadNotices', n: number): string {
  return n ? i18n.global.t(`common.nav.${what}`, { n }, n) : '';
}

import type { RightLine, RightName, RoleName } from '@otklik/shared/rights';

/** People's roles are columns; the others hold few rights, and a line names them. */
export const COLUMNS = [
  ...(['dealer_own', 'dealer_all', 'chief'] as const),
  ...(['manager', 'supervisor', 'admin'] as const),
] satisfies RoleName[];
export const OTHERS = ['integration', 'machine', 'nobody'] satisfies RoleName[];

const GROUPS = {
  appeals: [
    ...['appeal', 'member', 'note', 'entry', 'question', 'receipt', 'notice', 'draft'],
    'dispute',
  ],
  oversight: ['board', 'report'],
  files: ['file', 'upload', 'order'],
  macros: ['macro'],
  dealers: ['dealer', 'visitor', 'contacts'],
  rules: ['sla', 'company', 'rights', 'audit', 'export', 'seats', 'token', 'topic'],
  account: ['session', 'link', 'account', 'directory', 'colleague', 'dealer_people', 'staff'],
  server: ['server'],
} as const;
export type GroupName = keyof typeof GROUPS;
const NAMES = Object.keys(GROUPS) as GroupName[];

/** The first word of a right's name says what it is about. */
function groupOf(right: RightName): GroupName {
  const [word = ''] = right.split('.');
  return NAMES.find((name) => (GROUPS[name] as readonly string[]).includes(word)) ?? 'server';
}

export interface Group {
  name: GroupName;
  lines: RightLine[];
}

/** The lines that fit, in the order of the groups; groups without any are left out. */
export const groupsOf = (
  lines: readonly RightLine[],
  fits: (line: RightLine) => boolean,
): Group[] =>
  NAMES.map((name) => ({
    name,
    lines: lines.filter((line) => groupOf(line.right) === name && fits(line)),
  })).filter((group) => group.lines.length > 0);

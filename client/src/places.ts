import type { Role, Side } from '@otklik/shared/people';

/** The first page of a role (UX file, part 4). */
export function landing(role: Role): string {
  switch (role) {
    case 'dealer':
      return '/appeals';
    case 'manager':
      return '/inbox/mine';
    case 'supervisor':
      return '/board';
    case 'admin':
      return '/admin/dealers';
  }
}

/** Where `/a/:no` leads: each side has its own shell (IA-1). */
export const appealAddress = (side: Side, no: number): string =>
  side === 'dealer' ? `/appeals/${no}` : `/inbox/all/${no}`;

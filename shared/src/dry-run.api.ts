import type { DryRun, DryRunPiece } from './dry-run';
import { route } from './route';

export const dryRunApi = {
  piece: route<DryRun, DryRunPiece>('POST', '/sla/dry-run', 'sla.manage'),
};

import { DryRun, DryRunPiece } from '@otklik/shared/dry-run';
import { dryRunApi } from '@otklik/shared/dry-run.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { DryRunService } from './dry-run.service';

/** Rules on trial. */
export function dryRunRoutes({ mount }: Pick<Api<Actor>, 'mount'>, dryRuns: DryRunService): void {
  mount(dryRunApi.piece, { input: DryRun, output: DryRunPiece }, dryRuns.piece);
}

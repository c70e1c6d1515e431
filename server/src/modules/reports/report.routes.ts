import { Report, ReportAppeals, ReportAppealsQuery, ReportQuery } from '@otklik/shared/reports';
import { reportsApi } from '@otklik/shared/reports.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { ReportService } from './report.service';

/** Numbers of a period and the appeals behind them. */
export function reportRoutes({ mount }: Pick<Api<Actor>, 'mount'>, reports: ReportService): void {
  mount(reportsApi.report, { input: ReportQuery, output: Report }, (actor, input) =>
    reports.report(actor, input),
  );
  mount(reportsApi.appeals, { input: ReportAppealsQuery, output: ReportAppeals }, (actor, input) =>
    reports.appeals(actor, input),
  );
}

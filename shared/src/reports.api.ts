import type { Report, ReportAppeals, ReportAppealsQuery, ReportQuery } from './reports';
import { route } from './route';

export const reportsApi = {
  report: route<ReportQuery, Report>('GET', '/reports', 'report.see'),
  appeals: route<ReportAppealsQuery, ReportAppeals>('GET', '/reports/appeals', 'report.see'),
};

import * as c from '@otklik/shared/notices';
import { noticesApi } from '@otklik/shared/notices.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { NoticeService } from './notice.service';

export function noticeRoutes(
  { mount }: Pick<Api<Actor>, 'mount'>,
  { list, mark }: NoticeService,
): void {
  mount(noticesApi.list, { input: c.ListNotices, output: c.NoticePage }, list);
  mount(noticesApi.mark, { input: c.MarkNotices, output: c.UnreadNotices }, mark);
}

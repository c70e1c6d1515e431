import type { ListNotices, MarkNotices, NoticePage, UnreadNotices } from './notices';
import { route } from './route';

export const noticesApi = {
  list: route<ListNotices, NoticePage>('GET', '/notices', 'notice.read'),
  mark: route<MarkNotices, UnreadNotices>('PUT', '/notices/read', 'notice.read'),
};

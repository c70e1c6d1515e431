import type { TeamKey } from './people';

interface DemoTopic {
  name: string;
  nameEn: string;
  /** Who gets new appeals of this topic. */
  team: TeamKey;
}

/** What appeals are about, in the order of the directory. */
export const topics = {
  delivery: { name: 'Доставка', nameEn: 'Delivery', team: 'logistics' },
  prices: { name: 'Цены и счета', nameEn: 'Prices and invoices', team: 'sales' },
  quality: { name: 'Качество', nameEn: 'Quality', team: 'quality' },
  documents: { name: 'Документы', nameEn: 'Documents', team: 'accounting' },
  assortment: { name: 'Ассортимент', nameEn: 'Assortment', team: 'sales' },
  installation: { name: 'Монтаж', nameEn: 'Installation', team: 'quality' },
  cabinet: { name: 'Личный кабинет', nameEn: 'Portal account', team: 'sales' },
} as const satisfies Record<string, DemoTopic>;

export type TopicKey = keyof typeof topics;

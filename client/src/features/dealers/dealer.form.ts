import type { DealerCard } from '@otklik/shared/dealers';

import { zoneName } from '../../platform/format';
import type { Language } from '../../platform/i18n';

/** A dealer's card as it is typed: all text, the sum in roubles. */
export interface DealerForm {
  code: string;
  name: string;
  taxId: string;
  contract: string;
  phone: string;
  email: string;
  address: string;
  zone: string;
  /** Empty: nobody is in charge. */
  managerId: string;
  /** Roubles; empty: no limit. */
  debtLimit: string;
}
export type DealerField = keyof DealerForm;
export const REQUIRED: readonly DealerField[] = ['code', 'name', 'taxId'];

export const emptyForm = (): DealerForm => ({
  ...{ code: '', name: '', taxId: '', contract: '', phone: '', email: '', address: '' },
  ...{ zone: 'Europe/Moscow', managerId: '', debtLimit: '' },
});

export function formOf(card: DealerCard): DealerForm {
  const { code, name, taxId, contract, phone, email, address, zone } = card;
  return {
    ...{ code, name, taxId, contract, phone, email, address, zone },
    managerId: card.manager?.id ?? '',
    debtLimit: card.debtLimitKopecks === null ? '' : roublesOf(card.debtLimitKopecks),
  };
}

const roublesOf = (kopecks: number): string =>
  kopecks % 100 === 0 ? String(kopecks / 100) : (kopecks / 100).toFixed(2).replace('.', ',');

/** Kopecks of a sum typed in roubles ("150 000,50"); null for none, undefined for what is no sum. */
export function kopecksOf(typed: string): number | null | undefined {
  const bare = typed.replace(/[\s\u00a0₽]/g, '').replace(',', '.');
  if (bare === '') return null;
  if (!/^\d{1,13}(\.\d{1,2})?$/.test(bare)) return undefined;
  return Math.round(Number(bare) * 100);
}

/** Zones a dealer may be in; all of a browser's 400 would only make the list longer. */
export function zones(current: string, at: number, language: Language) {
  const known = Intl.supportedValuesOf('timeZone').filter((zone) => /^(Europe|Asia)\//.test(zone));
  return [...new Set([...known, current])].map((zone) => ({
    value: zone,
    label: zone.replace(/_/g, ' '),
    hint: spokenZone(zone, at, language),
    note: zoneName(at, { language, timeZone: zone }),
  }));
}

/** "Омск", "Екатеринбург": so that a zone is found in the language of the interface, too. */
function spokenZone(timeZone: string, at: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'longGeneric' });
  return format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

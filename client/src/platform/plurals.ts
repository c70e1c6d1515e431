import type { Language } from './languages';

const rules = {
  ru: new Intl.PluralRules('ru'),
  en: new Intl.PluralRules('en'),
};

/**
 * Which of the forms of a message, divided by ` | `, goes with a count.
 * Russian: 1, 21, 101 → first · 2, 22 → second · 0, 5, 11, 25 → third · 1,5 → second, because a fraction
 * takes the same genitive singular as two; a fourth form, where given, is for fractions.
 * English: 1 → first, the rest → last.
 * @param forms how many forms the message has, at least 1
 */
export function pluralForm(language: Language, count: number, forms: number): number {
  const category = rules[language].select(Math.abs(count));
  const last = forms - 1;
  if (language === 'en') return category === 'one' ? 0 : last;
  switch (category) {
    case 'one':
      return 0;
    case 'few':
      return Math.min(1, last);
    case 'other':
      return forms > 3 ? 3 : Math.min(1, last);
    default:
      return Math.min(2, last);
  }
}

/**
 * Replies that thank or confirm and ask for nothing: a hint for staff that no answer may be needed.
 * It never decides: one word that is not on the list, a question mark, a number or a file and it says no.
 */
const COURTESY = new Set(
  [
    // Russian, ё written as е
    'спасибо, спс, спасибки, благодарю, благодарим, благодарен, благодарна, признателен, признательна, мерси',
    'ок, окей, океюшки, ага, угу, да, хорошо, ладно, добро, договорились, понял, поняла, поняли, понятно, ясно',
    'принято, принял, приняла, приняли, получил, получила, получили, увидел, увидела, учту, учтем',
    'отлично, супер, класс, здорово, прекрасно, замечательно, идеально, круто',
    'всего, доброго, хорошего, дня, вечера, до, свидания, выходных, удачи, взаимно',
    'большое, огромное, очень, вам, вас, тебе, за, ответ, помощь, оперативность, оперативный, быстрый, быструю, информацию, разъяснение, все, и, всем, заранее, ждем, жду',
    // English
    'thanks, thank, you, thx, ty, tnx, cheers, appreciated, much, many, lot, a, so, very, for, your, the, help, reply, answer, quick',
    'ok, okay, okey, k, kk, yes, yep, sure, fine, good, great, perfect, excellent, awesome, nice, super, cool, noted, received, understood, got, it, clear, all, and',
    'have, day, evening, weekend, bye, regards, best, kind',
  ].flatMap((line) => line.split(', ')),
);
/** One of these has to be among the words: "за вас" or "the answer" alone thanks nobody. */
const KERNEL = new Set(
  (
    'спасибо, спс, спасибки, благодарю, благодарим, благодарен, благодарна, признателен, признательна, мерси, ок, окей, океюшки, ага, угу, ' +
    'хорошо, ладно, договорились, понял, поняла, поняли, понятно, ясно, принято, принял, приняла, приняли, получил, получила, получили, учту, учтем, ' +
    'отлично, супер, класс, здорово, прекрасно, замечательно, идеально, круто, взаимно, свидания, доброго, ' +
    'thanks, thank, thx, ty, tnx, cheers, appreciated, ok, okay, okey, k, kk, sure, fine, great, perfect, excellent, awesome, nice, cool, noted, received, understood, got, bye, regards'
  ).split(', '),
);
/** Signs that stand for a thank-you when there is nothing else. */
const THANKING_SIGNS = /[👍👌🙏🤝❤😊🙂✅🫡💪]/u;
const LONGEST = 120;

export function isCourtesyReply(text: string): boolean {
  if (text.length > LONGEST || /[?？]/.test(text) || /\d/.test(text)) return false;
  const words = text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
  if (words.length === 0) return THANKING_SIGNS.test(text) || /\+|[:;]-?\)|^\)+$/.test(text.trim());
  return words.every((word) => COURTESY.has(word)) && words.some((word) => KERNEL.has(word));
}

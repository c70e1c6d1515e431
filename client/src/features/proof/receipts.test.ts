import { describe, expect, it } from 'vitest';

import { createReceiptBook, type Receipt } from './receipts';

const receipt = (more: Partial<Receipt> = {}): Receipt => ({
  ...{ appealId: 'a', from: 1, got: 5, shown: 0 },
  ...more,
});

describe('what is reported of held threads', () => {
  it('is only what the server was not told', () => {
    const book = createReceiptBook();
    expect(book.due([receipt()])).toEqual([receipt()]);
    book.told([receipt()]);
    expect(book.due([receipt()])).toEqual([]);
    for (const more of [{ got: 6 }, { shown: 1 }, { from: 0 }])
      expect(book.due([receipt(more)])).toHaveLength(1);
    expect(book.due([receipt({ got: 4 })])).toEqual([]);
    expect(book.due([receipt({ appealId: 'b' })])).toHaveLength(1);
  });

  it('is nothing for a thread of which nothing is held', () => {
    expect(createReceiptBook().due([receipt({ from: 1, got: 0 })])).toEqual([]);
  });

  it('is told anew to another session', () => {
    const book = createReceiptBook();
    book.told([receipt()]);
    book.forget();
    expect(book.due([receipt()])).toHaveLength(1);
  });

  it('never goes back when a thread is dropped and opened anew', () => {
    const book = createReceiptBook();
    book.told([receipt({ from: 1, got: 90, shown: 90 })]);
    book.told([receipt({ from: 41, got: 91, shown: 0 })]);
    expect(book.due([receipt({ from: 1, got: 91, shown: 90 })])).toEqual([]);
  });

  it('goes in reports of at most a hundred threads', () => {
    const many = Array.from({ length: 130 }, (_, at) => receipt({ appealId: `a${at}` }));
    expect(createReceiptBook().due(many)).toHaveLength(100);
  });
});

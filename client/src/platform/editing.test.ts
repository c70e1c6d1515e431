import { expect, it } from 'vitest';

import { createEditing } from './editing';

const EMPTY = { phone: '', email: '' };
const open = () => {
  const editing = createEditing(EMPTY);
  editing.follow({ phone: '1', email: 'a' });
  return editing;
};

it('follows newer values, and keeps what was typed', () => {
  const { form, begun, isChanged, meanwhile, follow } = open();
  expect(form.value).toEqual({ phone: '1', email: 'a' });
  expect(isChanged.value).toBe(false);
  form.value.phone = '12';
  follow({ phone: '1', email: 'b' });
  expect(form.value).toEqual({ phone: '12', email: 'b' });
  expect([isChanged.value, meanwhile.value]).toEqual([true, []]);
  follow({ phone: '3', email: 'b' });
  expect([form.value.phone, begun.value.phone, meanwhile.value]).toEqual(['12', '3', ['phone']]);
  // It is said until the field is given up, or says the same.
  follow({ phone: '3', email: 'c' });
  expect(meanwhile.value).toEqual(['phone']);
  form.value.phone = '3';
  expect([isChanged.value, meanwhile.value]).toEqual([false, []]);
});

it('what is typed while it is being saved stays', () => {
  const { form, begun, isChanged, saved, reset } = open();
  form.value.phone = '12';
  const sent = { ...form.value };
  form.value.email = 'ab';
  saved(sent, { phone: '12', email: 'a' });
  expect([form.value, begun.value]).toEqual([
    { phone: '12', email: 'ab' },
    { phone: '12', email: 'a' },
  ]);
  reset();
  expect([form.value, isChanged.value]).toEqual([{ phone: '12', email: 'a' }, false]);
});

import type { StaffKey, TeamKey } from './types';

interface DemoMacro {
  name: string;
  body: string;
  thenStatus: 'waiting' | 'resolved' | null;
  /** Of a department, of one person, else of everybody. */
  team?: TeamKey;
  owner?: StaffKey;
}

/** Ready texts the staff had written before the first appeal that is shown. */
export const macros: readonly DemoMacro[] = [
  {
    name: 'Приняли в работу',
    body: 'Здравствуйте, {{visitor}}! Приняли обращение №{{appealNo}} в работу, им занимается {{manager}}. Ответим до {{promise}}.',
    thenStatus: null,
  },
  {
    name: 'Запросить фото этикетки',
    body: '{{visitor}}, пришлите, пожалуйста, фото этикетки на коробке и общий вид места. По номеру партии поднимем документы заказа {{orderNo}} и ответим, что делать дальше.',
    thenStatus: 'waiting',
  },
  {
    name: 'Проблема решена?',
    body: 'По обращению №{{appealNo}} всё сделали. Если останутся вопросы, просто напишите сюда, мы вернёмся к нему.',
    thenStatus: 'resolved',
  },
  {
    name: 'Машина задерживается',
    body: '{{visitor}}, машина с заказом {{orderNo}} задерживается. Новое время прибытия сообщим до {{promise}}. Приносим извинения за неудобство.',
    thenStatus: null,
    team: 'logistics',
  },
  {
    name: 'Нужен акт о расхождении',
    body: 'Для рекламации по заказу {{orderNo}} нужен акт о расхождении:\n- дата приёмки и номер накладной;\n- что пришло и чего не хватает;\n- подписи вашего кладовщика и водителя.\nКак получим акт, дадим решение в течение двух рабочих дней.',
    thenStatus: 'waiting',
    team: 'quality',
  },
  {
    name: 'Проверяю со складом',
    body: 'Уточняю на складе по заказу {{orderNo}}, вернусь с ответом до {{promise}}.',
    thenStatus: null,
    owner: 'vesnin',
  },
];

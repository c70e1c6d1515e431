/** Departments of the supplier. */
export const teams = {
  sales: { name: 'Продажи', nameEn: 'Sales' },
  logistics: { name: 'Логистика', nameEn: 'Logistics' },
  quality: { name: 'Качество', nameEn: 'Quality' },
  accounting: { name: 'Бухгалтерия', nameEn: 'Accounting' },
} as const;

export type TeamKey = keyof typeof teams;

/** The company the portal belongs to. */
export const supplier = {
  name: 'Северный Контур',
  legalName: 'ООО «Северный Контур»',
  taxId: '7799004049',
  city: 'Москва',
  zone: 'Europe/Moscow',
  phone: '+7 495 000-40-40',
} as const;

interface DemoStaff {
  name: string;
  login: string;
  role: 'manager' | 'supervisor' | 'admin';
  /** Departments whose appeals the person works on, the own one first; a supervisor and an admin see all anyway. */
  teams: readonly TeamKey[];
  title: string;
}

/** People of the supplier. */
export const staff = {
  vesnin: {
    name: 'Илья Веснин',
    login: 'manager@demo.test',
    role: 'manager',
    teams: ['sales', 'logistics', 'quality'],
    title: 'ведущий менеджер',
  },
  tarkhanova: {
    name: 'Ольга Тарханова',
    login: 'manager2@demo.test',
    role: 'manager',
    teams: ['logistics'],
    title: 'логистика',
  },
  aldarov: {
    name: 'Тимур Алдаров',
    login: 'timur.aldarov@demo.test',
    role: 'manager',
    teams: ['accounting', 'sales'],
    title: 'расчёты с дилерами',
  },
  olkhina: {
    name: 'Анна Ольхина',
    login: 'anna.olkhina@demo.test',
    role: 'manager',
    teams: ['quality'],
    title: 'инженер по качеству',
  },
  pochinok: {
    name: 'Глеб Починок',
    login: 'gleb.pochinok@demo.test',
    role: 'manager',
    teams: ['sales'],
    title: 'менеджер по ассортименту',
  },
  lugov: {
    name: 'Олег Лугов',
    login: 'oleg.lugov@demo.test',
    role: 'manager',
    teams: ['logistics'],
    title: 'старший смены склада',
  },
  ezhova: {
    name: 'Полина Ежова',
    login: 'supervisor@demo.test',
    role: 'supervisor',
    teams: ['sales', 'logistics', 'quality', 'accounting'],
    title: 'руководитель отдела',
  },
  kostrov: {
    name: 'Андрей Костров',
    login: 'admin@demo.test',
    role: 'admin',
    teams: [],
    title: 'администратор портала',
  },
} as const satisfies Record<string, DemoStaff>;

export type StaffKey = keyof typeof staff;

interface DemoDealer {
  /** Short code of the accounting system. */
  code: string;
  name: string;
  legalName: string;
  city: string;
  /** IANA name. */
  zone: string;
  /** ИНН: 10 digits for a company, 12 for an entrepreneur; the check digits are right, the owners are invented. */
  taxId: string;
  contract: string;
  phone: string;
  email: string;
  manager: StaffKey;
  /** How many sessions each of the dealer's people may hold at once by default; 1 means one at a time. */
  sessionsPerVisitor: number;
}

export const dealers = {
  kedr: {
    code: 'КУ-018',
    name: 'Кедровый Угол',
    legalName: 'ООО «Кедровый Угол»',
    city: 'Москва',
    zone: 'Europe/Moscow',
    taxId: '7799018041',
    contract: '18-04',
    phone: '+7 495 000-18-04',
    email: 'zakupki@kedr-ugol.example',
    manager: 'vesnin',
    sessionsPerVisitor: 5,
  },
  zarechye: {
    code: 'ЗК-021',
    name: 'Заречье-Комплект',
    legalName: 'ООО «Заречье-Комплект»',
    city: 'Екатеринбург',
    zone: 'Asia/Yekaterinburg',
    taxId: '6699021112',
    contract: '21-11',
    phone: '+7 343 000-21-11',
    email: 'sklad@zarechye.example',
    manager: 'tarkhanova',
    sessionsPerVisitor: 3,
  },
  versta: {
    code: 'ТВ-022',
    name: 'Тёплая Верста',
    legalName: 'ООО «Тёплая Верста»',
    city: 'Новосибирск',
    zone: 'Asia/Novosibirsk',
    taxId: '5499022036',
    contract: '22-03',
    phone: '+7 383 000-22-03',
    email: 'office@teplaya-versta.example',
    manager: 'pochinok',
    sessionsPerVisitor: 2,
  },
  vetlugin: {
    code: 'ВС-023',
    name: 'ИП Ветлугин',
    legalName: 'ИП Ветлугин Сергей Павлович',
    city: 'Владивосток',
    zone: 'Asia/Vladivostok',
    taxId: '259902307160',
    contract: '23-07',
    phone: '+7 423 000-23-07',
    email: 'vetlugin@vetlugin-teplo.example',
    manager: 'vesnin',
    sessionsPerVisitor: 1,
  },
} as const satisfies Record<string, DemoDealer>;

export type DealerKey = keyof typeof dealers;

interface DemoVisitor {
  name: string;
  login: string;
  dealer: DealerKey;
  title: string;
  /** Off: the loader lets the person act first and closes the access at the end. */
  accessAllowed: boolean;
  /** How many sessions at once; null takes the dealer's rule. */
  sessions: number | null;
  /** False: sees only the appeals this person opened. */
  seesAllAppeals: boolean;
}

/** People of the dealers. */
export const visitors = {
  somova: {
    name: 'Марина Сомова',
    login: 'dealer@demo.test',
    dealer: 'kedr',
    title: 'закупки',
    accessAllowed: true,
    sessions: null,
    seesAllAppeals: true,
  },
  utkin: {
    name: 'Денис Уткин',
    login: 'dealer2@demo.test',
    dealer: 'kedr',
    title: 'монтаж',
    accessAllowed: true,
    sessions: null,
    seesAllAppeals: true,
  },
  lozova: {
    name: 'Кира Лозова',
    login: 'kira.lozova@demo.test',
    dealer: 'kedr',
    title: 'бухгалтерия',
    accessAllowed: true,
    sessions: 1,
    seesAllAppeals: true,
  },
  pyatkin: {
    name: 'Роман Пяткин',
    login: 'roman.pyatkin@demo.test',
    dealer: 'kedr',
    title: 'склад',
    accessAllowed: false,
    sessions: 1,
    seesAllAppeals: false,
  },
  burmistrova: {
    name: 'Светлана Бурмистрова',
    login: 'other@demo.test',
    dealer: 'zarechye',
    title: 'закупки',
    accessAllowed: true,
    sessions: null,
    seesAllAppeals: true,
  },
  khlebnikov: {
    name: 'Артём Хлебников',
    login: 'artem.khlebnikov@demo.test',
    dealer: 'zarechye',
    title: 'склад',
    accessAllowed: true,
    sessions: null,
    seesAllAppeals: false,
  },
  korsak: {
    name: 'Жанна Корсак',
    login: 'zhanna.korsak@demo.test',
    dealer: 'versta',
    title: 'закупки',
    accessAllowed: true,
    sessions: null,
    seesAllAppeals: true,
  },
  ganin: {
    name: 'Пётр Ганин',
    login: 'petr.ganin@demo.test',
    dealer: 'versta',
    title: 'монтаж',
    accessAllowed: true,
    sessions: 1,
    seesAllAppeals: true,
  },
  vetlugin: {
    name: 'Сергей Ветлугин',
    login: 'sergey.vetlugin@demo.test',
    dealer: 'vetlugin',
    title: 'закупки',
    accessAllowed: true,
    sessions: null,
    seesAllAppeals: true,
  },
  dymova: {
    name: 'Лариса Дымова',
    login: 'larisa.dymova@demo.test',
    dealer: 'vetlugin',
    title: 'бухгалтерия',
    accessAllowed: true,
    sessions: null,
    seesAllAppeals: true,
  },
} as const satisfies Record<string, DemoVisitor>;

export type VisitorKey = keyof typeof visitors;
/** Visitors who bring colleagues of their dealer into threads. */
export const chiefs: ReadonlySet<VisitorKey> = new Set<VisitorKey>(['somova']);
export type PersonKey = StaffKey | VisitorKey;

export function isStaffKey(person: PersonKey): person is StaffKey {
  return person in staff;
}

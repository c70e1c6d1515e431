import type { UseLink } from '@otklik/shared/accounts';
import { accountsApi } from '@otklik/shared/accounts.api';
import { call } from '../../platform/api';
import { attempt } from '../../platform/problem';

/** What screens of signing in and of the account ask the server once and keep nowhere. All settle with what came of it. */
const asAnybody = { asAnybody: true } as const;

/** @returns the company's provider, when there is one */
export const signOnOffer = () => attempt(() => call(accountsApi.signOnOffer, {}, asAnybody));
/** @returns where the browser has to go */
export const startSignOn = () => attempt(() => call(accountsApi.startSignOn, {}, asAnybody));
/** Whose link it is. */
export const lookAtLink = (token: string) =>
  attempt(() => call(accountsApi.lookAtLink, { token }, asAnybody));
/** Sets the password and spends the link. */
export const setPasswordByLink = (input: UseLink) =>
  attempt(() => call(accountsApi.useLink, input, asAnybody));
export const answerDevice = (deviceId: string, isMine: boolean) =>
  attempt(() => call(accountsApi.answerDevice, { deviceId, isMine }));
export const provePassword = (password: string) =>
  attempt(() => call(accountsApi.provePassword, { password }));
/** A new secret for the app; it counts after {@link confirmSecondStep}. */
export const beginSecondStep = () => attempt(() => call(accountsApi.beginSecondStep, {}));
export const confirmSecondStep = (code: string) =>
  attempt(() => call(accountsApi.confirmSecondStep, { code }));

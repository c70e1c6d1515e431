/**
 * Session: who is signed in here, what he may do and how he likes it; the login and what stands in its way.
 *
 * Hears `session:ended`, `portal:closed`, `device:news`. Everybody else builds on it and forgets all data when `personId` changes.
 */
import { defineAsyncComponent } from 'vue';
import type { RouteRecordRaw } from 'vue-router';

export { default as LoadedPart } from './LoadedPart.vue';
export { useConnection, useDataAge, useLineNeeded } from './session.connection';
export { isProofWanted } from './proof.question';
export { startSettings } from './session.settings';
export { useSession, type SignInResult } from './session.store';
export { troubleWords } from './troubleWords';
export { passwordRefusal } from './password.words';
export { useSeenTime } from './useSeenTime';

/** Screens that take the place of every page: App decides when. */
export const SessionEnded = defineAsyncComponent(() => import('./SessionEnded.vue'));
export const StartTrouble = defineAsyncComponent(() => import('./StartTrouble.vue'));
export const PortalClosed = defineAsyncComponent(() => import('./PortalClosed.vue'));
export const EnrolStep = defineAsyncComponent(() => import('./EnrolStep.vue'));
export const ProofDialog = defineAsyncComponent(() => import('./ProofDialog.vue'));
export const NewDeviceBanner = defineAsyncComponent(() => import('./NewDeviceBanner.vue'));
export const ViewingBanner = defineAsyncComponent(() => import('./ViewingBanner.vue'));
export const RecoveryCodeList = defineAsyncComponent(() => import('./RecoveryCodeList.vue'));
export const SecondStepSetup = defineAsyncComponent(() => import('./SecondStepSetup.vue'));
export const NameStep = defineAsyncComponent(() => import('./NameStep.vue'));

export const routes: RouteRecordRaw[] = [
  {
    path: '/login',
    component: () => import('./LoginPage.vue'),
    meta: { open: true, messages: ['login'] },
  },
  {
    path: '/set-password',
    component: () => import('./SetPasswordPage.vue'),
    meta: { open: true, messages: ['login'] },
  },
  {
    path: '/sign-on',
    component: () => import('./SignOnPage.vue'),
    meta: { open: true, messages: ['login'] },
  },
];

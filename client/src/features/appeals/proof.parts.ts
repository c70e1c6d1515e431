import { defineAsyncComponent } from 'vue';

import { loadMessages } from '../../platform/i18n';

// Seldom asked for: parts and texts come when they are.
const proof = async () => {
  const [parts] = await Promise.all([import('../proof'), loadMessages(['proof'])]);
  return parts;
};

/** Says whether the thread is complete; see the feature proof. */
export const IntegrityCard = defineAsyncComponent(async () => (await proof()).IntegrityCard);
/** To which sessions an entry was delivered; for staff. */
export const ReceiptsDialog = defineAsyncComponent(async () => (await proof()).ReceiptsDialog);

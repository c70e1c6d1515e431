/**
 * Proof: that a thread here is the server's, on demand; and where entries have arrived, for staff.
 *
 * Nothing of it is needed to read and write: load it with `import()`. It gets the thread handed in and knows no other feature's store
 * but the session.
 */
export { default as IntegrityCard } from './IntegrityCard.vue';
export { default as ReceiptsDialog } from './ReceiptsDialog.vue';
export { useProof } from './proof.store';

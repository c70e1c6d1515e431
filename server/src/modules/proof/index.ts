/**
 * Proof that nothing was lost: fingerprints of threads to compare with, and receipts of what reached which session.
 *
 * Tables: `receipt` (reads appeal, entry, session, person).
 * Tells nothing. Hears nothing.
 */
export { proofRoutes } from './proof.routes';
export { createProofService, type ProofService } from './proof.service';

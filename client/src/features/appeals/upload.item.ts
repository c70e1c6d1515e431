/** A file on its way into a message, as the composer shows it. */
export interface UploadItem {
  clientId: string;
  name: string;
  sizeBytes: number;
  state: 'waiting' | 'uploading' | 'done' | 'failed';
  /** 0–1 */
  progress: number;
  /** Why it failed, in the viewer's words. */
  reason?: string | undefined;
  /** A failure that another try may mend. */
  canRetry?: boolean | undefined;
  previewUrl?: string | null | undefined;
}

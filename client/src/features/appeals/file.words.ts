import {
  FileArchive,
  FileAudio,
  FileImage,
  FileSpreadsheet,
  FileText,
  FileVideo,
} from '@lucide/vue';
import type { Component } from 'vue';

/** "PDF": what the tile calls the kind of a file; empty when its name has no extension. */
export const extensionOf = (name: string): string => /\.([^.\s]{1,8})$/.exec(name)?.[1] ?? '';

const ICONS: readonly [RegExp, Component][] = [
  [/^(jpe?g|png|gif|webp|heic|heif|avif|svg)$/i, FileImage],
  [/^(xls|xlsx|csv|ods)$/i, FileSpreadsheet],
  [/^(zip|rar|7z)$/i, FileArchive],
  [/^(mp4|mov|webm)$/i, FileVideo],
  [/^(mp3|ogg|m4a)$/i, FileAudio],
];

export const fileIcon = (name: string): Component =>
  ICONS.find(([kinds]) => kinds.test(extensionOf(name)))?.[1] ?? FileText;

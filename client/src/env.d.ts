/// <reference types="vite/client" />
interface ImportMetaEnv {
  /** "1" puts the component gallery into a build; development always has it. */
  readonly VITE_GALLERY?: string;
}
